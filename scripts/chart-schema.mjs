#!/usr/bin/env node
// Prints deploy/helm/values.schema.json: the shape of deploy/helm/values.yaml, with the names of the settings in
// src/config/settings.ts. Helm then rejects a misspelled value or setting at `helm install`.
import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { runnerImport } from 'vite';
import { parseDocument, isMap } from 'yaml';

/** Settings that the templates set from other values. */
const OF_TEMPLATES =
  /^(GRPC_URL|HTTP_(HOST|PORT)|METRICS_PORT|GRPC_TLS_\w+|REDIS_(URL|PASSWORD_FILE)|AUTH_JWT_SECRET_FILE)$/;
/** Secrets belong into a Secret, not into the ConfigMap with the settings. */
const SECRETS = /_SECRET$/;

const { allSettings } = (await runnerImport('./src/config/settings.ts')).module;
const names = allSettings
  .map(({ name }) => name)
  .filter((name) => !OF_TEMPLATES.test(name) && !SECRETS.test(name));

/** Values whose shape Kubernetes defines: any map or list. */
const OF_KUBERNETES =
  /(nnotations|abels|Secrets|From|resources|ecurityContext|Selector|tolerations|affinity)$/;
/** The allowed texts of a value. */
const CHOICES = {
  pullPolicy: ['Always', 'IfNotPresent', 'Never'],
  type: ['ClusterIP', 'LoadBalancer', 'NodePort'],
  externalTrafficPolicy: ['Cluster', 'Local'],
};

const { contents } = parseDocument(readFileSync('deploy/helm/values.yaml', 'utf8'));
const schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title:
    'Values of the chart. Generated from values.yaml and src/config/settings.ts by npm run generate.',
  ...schemaOf('', contents),
};
process.stdout.write(await format(JSON.stringify(schema), { parser: 'json' }));

function schemaOf(name, node) {
  if (name === 'settings') {
    return {
      type: 'object',
      propertyNames: { enum: names },
      additionalProperties: { type: ['string', 'number', 'boolean'] },
    };
  }
  const value = node.toJSON();
  if (OF_KUBERNETES.test(name)) return { type: Array.isArray(value) ? 'array' : 'object' };
  if (isMap(node)) {
    const properties = node.items.map(({ key, value: of }) => [key.value, schemaOf(key.value, of)]);
    // Helm adds `global` to the values of every chart.
    if (name === '') properties.push(['global', { type: 'object' }]);
    return {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(properties),
    };
  }
  if (name in CHOICES) return { enum: CHOICES[name] };
  // Counts. maxUnavailable may also be a share, such as 25%.
  if (typeof value === 'number') {
    return name === 'maxUnavailable'
      ? { type: ['integer', 'string'] }
      : { type: 'integer', minimum: 0 };
  }
  return { type: typeof value };
}
