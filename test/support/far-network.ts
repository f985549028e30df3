import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';

/** Returns the reason why this machine cannot create network namespaces, or undefined if it can. */
export function whyNoNetwork(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  try {
    execFileSync('ip', ['-V'], { stdio: 'pipe' });
  } catch {
    return 'the command `ip` is missing (apt-get install iproute2)';
  }
  const name = `presence-try-${randomInt(2 ** 32)}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'delete', name);
    return undefined;
  } catch (error) {
    return `network namespaces cannot be made here: ${String(error)}`;
  }
}

/**
 * A separate network behind a virtual cable. Programs can run in it, and the cable can be
 * disconnected.
 */
export class FarNetwork {
  private readonly id = randomInt(2 ** 24).toString(36);
  private readonly name = `presence-${this.id}`;
  private readonly nearEnd = `pn${this.id}`;
  private readonly farEnd = `pf${this.id}`;
  /** The address of this machine in that network. */
  readonly nearAddress: string;

  constructor() {
    const [third, fourth] = [randomInt(256), 4 * randomInt(64)];
    // 198.18.0.0/15 is reserved for benchmarks and not used by real networks.
    this.nearAddress = `198.18.${third}.${fourth + 1}`;
    ip('netns', 'add', this.name);
    ip(
      'link',
      'add',
      this.nearEnd,
      'type',
      'veth',
      'peer',
      'name',
      this.farEnd,
      'netns',
      this.name,
    );
    ip('address', 'add', `${this.nearAddress}/30`, 'dev', this.nearEnd);
    ip('link', 'set', this.nearEnd, 'up');
    ip('-n', this.name, 'address', 'add', `198.18.${third}.${fourth + 2}/30`, 'dev', this.farEnd);
    ip('-n', this.name, 'link', 'set', this.farEnd, 'up');
  }

  /** The command prefix that runs a command in that network. */
  get prefix(): readonly string[] {
    return ['ip', 'netns', 'exec', this.name];
  }

  /** Disconnects the cable. All packets are lost, and neither end is notified. */
  pullOut(): void {
    ip('-n', this.name, 'link', 'set', this.farEnd, 'down');
  }

  remove(): void {
    // Deleting the namespace also removes the cable.
    ip('netns', 'delete', this.name);
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}
