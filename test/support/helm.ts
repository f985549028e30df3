import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

const CHART = 'deploy/helm';
/** The binary that scripts/helm installs. */
const INSTALLED = 'tools/helm/node_modules/.unpacked/helm/helm';

/** A Kubernetes manifest, as far as the tests read it. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape depends on the kind
  readonly spec: any;
  readonly data?: Readonly<Record<string, string>>;
}

/** The container of the deployment, as far as the tests read it. */
export interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly valueFrom: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
  }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly [probe: `${string}Probe`]: { readonly httpGet: { path: string; port: string } };
  readonly resources: { readonly limits: Readonly<Record<string, string>> };
  readonly securityContext: object;
}

/** The pod of the deployment, as far as the tests read it. */
export interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly [Container];
  readonly volumes: readonly { readonly name: string; readonly secret: { secretName: string } }[];
  readonly securityContext: { readonly runAsNonRoot: boolean };
}

/** A port of a service. */
export interface Port {
  readonly name: string;
  readonly port: number;
  readonly targetPort: string;
  readonly appProtocol?: string;
}

/** The manifests that Helm renders from the chart. */
export class Rendered {
  private constructor(readonly manifests: readonly Manifest[]) {}

  /** Renders the chart with flags of `helm template`. Throws an error with the output of Helm if it cannot. */
  static with(...flags: readonly string[]): Rendered {
    return Rendered.named('presence', ...flags);
  }

  /** The same for a release with this name. */
  static named(release: string, ...flags: readonly string[]): Rendered {
    const args = ['template', release, CHART, '--namespace', 'chat', ...flags];
    const text = execFileSync('scripts/helm', args, { encoding: 'utf8', stdio: 'pipe' });
    const documents = parseAllDocuments(text);
    for (const { errors } of documents) if (errors[0]) throw errors[0];
    const manifests = documents.map((document) => document.toJS() as Manifest | null);
    return new Rendered(manifests.filter((manifest) => manifest !== null));
  }

  get kinds(): readonly string[] {
    return this.manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
  }

  of(kind: string, name = 'presence'): Manifest {
    const found = this.manifests.find((each) => each.kind === kind && each.metadata.name === name);
    if (!found) throw new Error(`there is no ${kind} ${name}`);
    return found;
  }
}

/** Returns the pod of the deployment. */
export function podOf(rendered: Rendered): Pod {
  return (rendered.of('Deployment').spec as { template: { spec: Pod } }).template.spec;
}

/** Returns the container of the deployment. */
export function containerOf(rendered: Rendered): Container {
  return podOf(rendered).containers[0];
}

/** Returns the ports of a service. */
export function portsOf({ spec }: Manifest): readonly Port[] {
  return (spec as { ports: readonly Port[] }).ports;
}

/** Returns undefined if `scripts/helm` can render without an installation. */
export function whyNoHelm(): string | undefined {
  return existsSync(INSTALLED) ? undefined : 'scripts/helm version installs it';
}
