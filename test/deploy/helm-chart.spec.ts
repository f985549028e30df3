import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.js';
import { containerOf, podOf, portsOf, Rendered } from '../support/helm.js';

/** The time that closing needs in addition to DRAIN_TIMEOUT_MS, see bootstrap.ts. */
const CLOSE_TIMEOUT_S = 3;

/** The settings that the ConfigMap has, as the service reads them. It rejects wrong values and contradictions. */
function configOf(rendered: Rendered, more: Readonly<Record<string, string>> = {}) {
  return readConfig({ ...rendered.of('ConfigMap').data, ...more });
}

describe('The Helm chart', () => {
  let byDefault: Rendered;
  let everything: Rendered;
  let singleNode: Rendered;
  beforeAll(() => {
    byDefault = Rendered.with();
    everything = Rendered.with('--values', 'test/fixtures/helm/everything.yaml');
    singleNode = Rendered.with('--values', 'test/fixtures/helm/single-node.yaml');
  });

  it('has the version of the service', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const chart = readFileSync('deploy/helm/Chart.yaml', 'utf8');
    expect(chart).toContain(`\nversion: ${version}\n`);
    expect(chart).toContain(`\nappVersion: ${version}\n`);
    expect(containerOf(byDefault).image).toBe(`presence-service:${version}`);
  });

  it('has three nodes, services, a disruption budget and a network policy by default', () => {
    expect(byDefault.kinds).toEqual([
      'ConfigMap presence',
      'Deployment presence',
      'NetworkPolicy presence',
      'PodDisruptionBudget presence',
      'Service presence',
      'Service presence-http',
      'Service presence-nodes',
    ]);
    expect(byDefault.of('Deployment').spec).toMatchObject({ replicas: 3 });
  });

  it('adds an autoscaler, a service monitor and ingresses on request', () => {
    const more = everything.kinds.filter((kind) => !byDefault.kinds.includes(kind));
    expect(more).toEqual([
      'HorizontalPodAutoscaler presence',
      'Ingress presence-grpc',
      'Ingress presence-http',
      'ServiceMonitor presence',
    ]);
  });

  it('runs one node in memory without anything around it', () => {
    expect(singleNode.kinds).toEqual([
      'ConfigMap presence',
      'Deployment presence',
      'Service presence',
      'Service presence-http',
      'Service presence-nodes',
    ]);
    expect(containerOf(singleNode).env).toBeUndefined();
    expect(configOf(singleNode).redis.address).toBeUndefined();
  });

  it('gives the service settings that it accepts, without warnings', () => {
    for (const rendered of [byDefault, everything, singleNode]) {
      const config = configOf(rendered);
      expect(config.warnings).toEqual([]);
      expect(config.process.isProduction).toBe(true);
    }
    const config = configOf(everything);
    expect(config.policy.idleTimeoutMs).toBe(604_800_000);
    expect(config.process.auditLog).toBe(false);
  });

  it('keeps secrets out of the manifests: the tokens are a file, the URL of Redis a variable', () => {
    const config = configOf(byDefault, { REDIS_URL: 'redis://redis' });
    expect(config.auth.secretFile).toBe('/secrets/tokens');
    expect(containerOf(byDefault).env).toEqual([
      {
        name: 'REDIS_URL',
        valueFrom: { secretKeyRef: { name: 'presence', key: 'redis-url' } },
      },
    ]);
    expect(configOf(everything).redis.passwordFile).toBe('/secrets/redis-password');
    expect(containerOf(everything).env).toBeUndefined();
    expect(podOf(byDefault).volumes).toEqual([
      { name: 'secrets', secret: { secretName: 'presence' } },
    ]);
  });

  it('mounts the certificate where the settings expect it', () => {
    const { tls } = configOf(everything);
    expect(tls).toEqual({
      certFile: '/tls/tls.crt',
      keyFile: '/tls/tls.key',
      clientCaFile: '/tls/ca.crt',
    });
    expect(containerOf(everything).volumeMounts).toContainEqual({
      name: 'tls',
      mountPath: '/tls',
      readOnly: true,
    });
  });

  it('opens the ports on which the service listens', () => {
    for (const rendered of [byDefault, everything, singleNode]) {
      const { grpc, http } = configOf(rendered);
      const ports = containerOf(rendered).ports.map((port) => [port.name, port.containerPort]);
      expect(Object.fromEntries(ports)).toEqual({
        grpc: Number(grpc.url.split(':').at(-1)),
        http: http.port,
        ...(http.metricsPort !== undefined && { metrics: http.metricsPort }),
      });
    }
  });

  it('leads every service, probe, monitor and policy to a port that the container has', () => {
    for (const rendered of [byDefault, everything, singleNode]) {
      const names = containerOf(rendered).ports.map(({ name }) => name);
      const { manifests } = rendered;
      const services = manifests.filter(({ kind }) => kind === 'Service');
      for (const service of services) {
        for (const { targetPort } of portsOf(service)) expect(names).toContain(targetPort);
      }
      const container = containerOf(rendered);
      for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
        expect(names).toContain(container[probe]!.httpGet.port);
        expect(container[probe]!.httpGet.path).toMatch(/^\/health\/(ready|live)$/);
      }
      for (const { spec } of manifests.filter(({ kind }) => kind === 'NetworkPolicy')) {
        const { ingress } = spec as { ingress: { ports: { port: string }[] }[] };
        expect(ingress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual(names);
      }
    }
    const monitor = everything.of('ServiceMonitor').spec as {
      readonly endpoints: readonly { readonly port: string }[];
      readonly selector: { readonly matchLabels: object };
    };
    const http = everything.of('Service', 'presence-http');
    expect(http.metadata.labels).toMatchObject(monitor.selector.matchLabels);
    expect(portsOf(http).map(({ name }) => name)).toContain(monitor.endpoints[0]!.port);
  });

  it('checks readiness to send clients, and only liveness to restart', () => {
    const container = containerOf(byDefault);
    expect(container.startupProbe!.httpGet.path).toBe('/health/ready');
    expect(container.readinessProbe!.httpGet.path).toBe('/health/ready');
    expect(container.livenessProbe!.httpGet.path).toBe('/health/live');
  });

  it('waits for the pause, the drain and the close before Kubernetes kills the process', () => {
    for (const rendered of [byDefault, everything, singleNode]) {
      const { terminationGracePeriodSeconds, containers } = podOf(rendered);
      const drainS = configOf(rendered).process.drainTimeoutMs / 1000;
      const pauseS = containers[0].lifecycle.preStop.sleep.seconds;
      expect(terminationGracePeriodSeconds).toBeGreaterThan(pauseS + drainS + CLOSE_TIMEOUT_S);
    }
  });

  it('leaves the number of nodes to the autoscaler, which follows the sessions', () => {
    expect(everything.of('Deployment').spec).not.toHaveProperty('replicas');
    expect(everything.of('HorizontalPodAutoscaler').spec).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: 'presence' },
      minReplicas: 3,
      metrics: [
        {
          pods: {
            metric: { name: 'presence_node_sessions' },
            target: { averageValue: '1000000' },
          },
        },
      ],
    });
  });

  it('publishes the API for browsers through the ingress, but neither health nor metrics', () => {
    const { rules } = everything.of('Ingress', 'presence-http').spec as {
      rules: { http: { paths: { path: string; pathType: string }[] } }[];
    };
    const paths = rules[0]!.http.paths.map(({ path, pathType }) => `${pathType} ${path}`);
    const api = services().map((service) => `Prefix /presence.v1.${service}`);
    expect(paths.toSorted()).toEqual(
      [...api, 'Exact /', 'Prefix /assets', 'Prefix /dashboard'].toSorted(),
    );
  });

  it('tells the gRPC ingress whether the nodes use TLS', () => {
    const protocolOf = (rendered: Rendered) =>
      (rendered.of('Ingress', 'presence-grpc').metadata as { annotations?: object }).annotations;
    expect(protocolOf(everything)).toMatchObject({
      'nginx.ingress.kubernetes.io/backend-protocol': 'GRPCS',
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
    });
    const plain = Rendered.with(
      ...['--set', 'ingress.grpc.enabled=true', '--set', 'ingress.grpc.host=a.example.com'],
    );
    expect(protocolOf(plain)).toEqual({ 'nginx.ingress.kubernetes.io/backend-protocol': 'GRPC' });
  });

  it('names the protocol of the gRPC ports for proxies, unless gRPC uses TLS', () => {
    const protocolsOf = (rendered: Rendered) =>
      ['presence', 'presence-nodes'].map(
        (name) => portsOf(rendered.of('Service', name))[0]!.appProtocol,
      );
    expect(protocolsOf(byDefault)).toEqual([undefined, 'kubernetes.io/h2c']);
    expect(protocolsOf(everything)).toEqual([undefined, undefined]);
    const mesh = Rendered.with('--set', 'service.appProtocol=tcp');
    expect(protocolsOf(mesh)).toEqual(['tcp', 'tcp']);
  });

  it('runs without privileges on a read-only file system', () => {
    expect(podOf(byDefault)).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(containerOf(byDefault).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('limits the memory but not the processor, and the heap below the memory', () => {
    const { resources, args } = containerOf(byDefault);
    expect(Object.keys(resources.limits)).toEqual(['memory']);
    const heapMb = Number(/^--max-heap-size=(\d+)$/.exec(args[1]!)![1]);
    expect(heapMb).toBeLessThan(3 * 1024);
    expect([args[0], ...args.slice(2)]).toEqual(commandOfImage());
  });

  it('replaces the pods when a setting changes', () => {
    const checksumOf = (rendered: Rendered) =>
      (rendered.of('Deployment').spec as { template: { metadata: { annotations: object } } })
        .template.metadata.annotations;
    const changed = Rendered.with('--set', 'settings.LOG_LEVEL=debug');
    expect(checksumOf(changed)).not.toEqual(checksumOf(byDefault));
    expect(checksumOf(Rendered.with())).toEqual(checksumOf(byDefault));
  });

  it('carries the name of a release that differs from the chart', () => {
    const kinds = Rendered.named('blue').kinds;
    expect(kinds).toContain('Deployment blue-presence');
    expect(kinds).toContain('Service blue-presence-nodes');
  });

  it.each([
    ['a value that does not exist', 'replica=2', /replica/],
    ['a misspelled setting', 'settings.IDLE_TIMEOUT=1', /IDLE_TIMEOUT/],
    ['a secret among the settings', 'settings.AUTH_JWT_SECRET=x', /AUTH_JWT_SECRET/],
    ['a number that is none', 'replicas=many', /replicas/],
    ['several nodes without Redis', 'redis.urlSecretKey=', /Several nodes need Redis/],
    ['nodes without keys of tokens', 'tokens.secretKey=', /keys to verify tokens/],
    ['an ingress without a host', 'ingress.http.enabled=true', /ingress\.http\.host is missing/],
  ])('refuses %s', (_, value, sentence) => {
    expect(() => Rendered.with('--set', value)).toThrow(sentence);
  });
});

/** The CMD of the Dockerfile. */
function commandOfImage(): unknown {
  const [, json = ''] = /^CMD (.*)$/m.exec(readFileSync('Dockerfile', 'utf8'))!;
  return JSON.parse(json);
}

/** The names of the services of the API. */
function services(): readonly string[] {
  const folder = 'proto/presence/v1';
  const texts = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, 'utf8'));
  return texts.flatMap((text) => [...text.matchAll(/^service (\w+)/gm)].map(([, name]) => name!));
}
