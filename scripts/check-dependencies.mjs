// Checks the dependencies: exact versions, compatible licences, and no scripts that run at
// installation.
import { readFileSync } from 'node:fs';

/** Licences for packages that ship with the service. Each requires only attribution. */
const LICENCES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

/**
 * Licences for packages that build and test. The Mozilla licence requires the source of its own
 * files, the Blue Oak licence requires nothing.
 */
const LICENCES_OF_TOOLS = [...LICENCES, 'BlueOak-1.0.0', 'CC-BY-4.0', 'MPL-2.0', 'Python-2.0'];

/**
 * Packages with known install scripts. The scripts do not run here (see .npmrc), and are not
 * needed.
 */
const SCRIPTS = new Map([['protobufjs', 'warns of versions that are named loosely']]);

const MANIFESTS = [
  'package.json',
  'tools/package.json',
  'tools/helm/package.json',
  'site/package.json',
  'test/load/socket-io/package.json',
];

const complaints = [...loose(), ...inLock()];
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;

function* loose() {
  for (const path of MANIFESTS) {
    const { dependencies, devDependencies } = read(path);
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      if (!/^(npm:[\w-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
        yield `${path} asks for ${name} ${version}, which is no exact version.`;
      }
    }
  }
}

function* inLock() {
  const installed = Object.entries(read('package-lock.json').packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && !link,
  );
  const counts = new Map();
  for (const [path, about] of installed) {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = about.license ?? licenceIn(path);
    const allowed = about.dev ? LICENCES_OF_TOOLS : LICENCES;
    if (!isAllowed(licence, allowed)) {
      yield `${name} ${about.version} is under ${licence}, which is not among ${allowed.join(', ')}.`;
    }
    if (about.hasInstallScript && !SCRIPTS.has(name)) {
      yield `${name} ${about.version} brings a script that runs when it is installed.`;
    }
    if (about.integrity === undefined) yield `${name} ${about.version} has no digest.`;
    if (about.resolved !== undefined) yield `${name} says where one machine fetched it from.`;
    if (!about.dev) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  console.log('ships with', sorted.map(([licence, count]) => `${count} ${licence}`).join(', '));
}

/** The lock file has the licence of most packages only. */
function licenceIn(path) {
  const { license, licenses } = read(`${path}/package.json`);
  return license ?? licenses?.map(({ type }) => type).join(' AND ') ?? 'no licence';
}

/** Accepts one licence, `(A OR B)` if one of them is allowed, or `(A AND B)` if both are. */
function isAllowed(licence, allowed) {
  const expression = licence.replace(/^\((.*)\)$/, '$1');
  if (expression.includes(' AND ')) return expression.split(' AND ').every(isOneOf);
  return expression.split(' OR ').some(isOneOf);

  function isOneOf(name) {
    return allowed.includes(name);
  }
}

function read(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
