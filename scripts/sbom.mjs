// Prints the packages that ship with the service as CycloneDX. npm makes the list. Its option
// `--omit dev` would also omit packages that a development tool depends on too, such as parts of
// Nest and grpc-js.
import { execFileSync } from 'node:child_process';

const DEVELOPMENT = 'cdx:npm:package:development';

const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
const output = execFileSync('npm', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
const { components, dependencies, ...rest } = JSON.parse(output);

const shipped = components.filter(
  ({ properties }) => !properties.some(({ name }) => name === DEVELOPMENT),
);
const root = rest.metadata.component['bom-ref'];
const refs = new Set([root, ...shipped.map((component) => component['bom-ref'])]);
const sbom = {
  ...rest,
  components: shipped,
  dependencies: dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((name) => refs.has(name)) })),
};
console.log(JSON.stringify(sbom, null, 2));
