// Makes the gRPC calls of the documentation with the arguments and output format of grpcurl:
// grpcurl -plaintext -H 'NAME: VALUE' -d JSON ADDRESS SERVICE/METHOD
// Rejects a request with a field that the contract does not know. Uses the contract of the build in
// this folder.
import { readdirSync } from 'node:fs';
import { fromJsonString, toJsonString } from '@bufbuild/protobuf';
import { createGrpcTransport } from '@connectrpc/connect-node';

const { address, method, headers, data } = read(process.argv.slice(2));
const rpc = await methodNamed(method);
const transport = createGrpcTransport({ baseUrl: `http://${address}` });
const request = fromJsonString(rpc.input, data);
const { message } =
  rpc.methodKind === 'unary'
    ? await transport.unary(rpc, undefined, undefined, headers, request)
    : await transport.stream(rpc, undefined, undefined, headers, only(request));
for await (const answer of rpc.methodKind === 'unary' ? [message] : message) {
  console.log(toJsonString(rpc.output, answer, { prettySpaces: 2 }));
}

function read(args) {
  const asked = { data: '{}', headers: [], isPlain: false };
  const rest = [];
  while (args.length > 0) {
    const argument = args.shift();
    if (argument === '-plaintext') asked.isPlain = true;
    else if (argument === '-d') asked.data = args.shift();
    else if (argument === '-H') asked.headers.push(args.shift().split(/: (.*)/, 2));
    else if (argument.startsWith('-')) throw new Error(`the stand-in knows no ${argument}`);
    else rest.push(argument);
  }
  const [address, method] = rest;
  if (rest.length !== 2 || !asked.isPlain) throw new Error(`not a plain call: ${rest.join(' ')}`);
  return { address, method, ...asked };
}

async function methodNamed(path) {
  const folder = `${process.cwd()}/dist/client/generated/presence/v1`;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
    for (const service of Object.values(await import(`${folder}/${file}`))) {
      if (service.kind !== 'service') continue;
      const found = service.methods.find(({ name }) => `${service.typeName}/${name}` === path);
      if (found !== undefined) return found;
    }
  }
  throw new Error(`the contract has no ${path}`);
}

async function* only(request) {
  yield request;
}
