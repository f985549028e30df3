// Checks the content of `npm publish`: the built service and its settings, and nothing
// else. Requires a build.
import { execFileSync } from 'node:child_process';

const BELONGS =
  /^(dist\/.+\.(js|js\.map|lua)|dist\/dashboard\/.+\.(html|css|svg)|[.]env[.]example|(README|CHANGELOG)[.]md|LICENSE|package[.]json)$/;
const NEEDED = [
  'dist/main.js',
  'dist/bootstrap/token.js',
  'dist/cli/presence.js',
  'dist/client/index.js',
  'dist/dashboard/index.html',
  'dist/store/redis/lua/commit.lua',
  'dist/client/generated/presence/v1/session_service_pb.js',
  'LICENSE',
];

const output = execFileSync('npm', ['pack', '--dry-run', '--json'], { encoding: 'utf8' });
const [{ files, size }] = JSON.parse(output);
const paths = files.map(({ path }) => path);
const complaints = [
  ...paths.filter((path) => !BELONGS.test(path)).map((path) => `${path} has no business there.`),
  ...NEEDED.filter((path) => !paths.includes(path)).map((path) => `${path} is missing.`),
];
for (const complaint of complaints) console.error(complaint);
console.log(`${paths.length} files, ${Math.round(size / 1000)} kB packed`);
process.exitCode = complaints.length === 0 ? 0 : 1;
