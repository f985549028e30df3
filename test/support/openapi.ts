import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';

const FILE = 'docs/openapi.yaml';
const TOOLS = resolve('tools/package.json');
const load = createRequire(TOOLS);

interface Operation {
  readonly operationId: string;
  readonly requestBody: { readonly content: Readonly<Record<string, object>> };
}

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly post: Operation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Ajv {
  addSchema(schema: object, key: string): void;
  validate(schema: { readonly $ref: string }, value: unknown): boolean;
  errorsText(): string;
}

interface SchemaValidator {
  validate(document: object): Promise<{ readonly valid: boolean; readonly errors?: unknown }>;
}

/** The description of the API in docs/openapi.yaml. */
export class Description {
  readonly document = parse(readFileSync(FILE, 'utf8')) as OpenApi;
  private readonly ajv: Ajv;

  constructor() {
    const { default: Ajv2020 } = load('ajv/dist/2020') as { default: new (o: object) => Ajv };
    const addFormats = load('ajv-formats') as (ajv: Ajv) => void;
    this.ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats(this.ajv);
    this.ajv.addSchema(this.document, 'api');
  }

  /** Returns what is wrong with the document as OpenAPI. Undefined if it is valid. */
  async mistakes(): Promise<unknown> {
    const url = pathToFileURL(load.resolve('@seriousme/openapi-schema-validator'));
    const { Validator } = (await import(/* @vite-ignore */ url.href)) as {
      Validator: new () => SchemaValidator;
    };
    const { valid, errors } = await new Validator().validate(structuredClone(this.document));
    return valid ? undefined : errors;
  }

  /** Returns how a value differs from the schema of a message. Undefined if it does not. */
  difference(message: string, value: unknown): string | undefined {
    const $ref = `api#/components/schemas/${message}`;
    return this.ajv.validate({ $ref }, value) ? undefined : this.ajv.errorsText();
  }
}
