import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';

/**
 * nginx as a reverse proxy of an HTTP server. It compresses every response that it is allowed to
 * compress.
 */
export class Nginx {
  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  static async before(upstream: string): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), 'presence-nginx-'));
    const port = await freePort();
    const config = join(folder, 'nginx.conf');
    await writeFile(config, configOf(folder, port, new URL(upstream).host));
    const child = spawn('nginx', ['-c', config, '-p', folder], { stdio: 'inherit' });
    while (!(await takesConnections(port))) await sleep(20);
    return new Nginx(`http://127.0.0.1:${port}`, folder, child);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null) await once(this.child, 'exit');
    await rm(this.folder, { recursive: true });
  }
}

function configOf(folder: string, port: number, upstream: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off;
    pid ${folder}/pid;
    error_log ${folder}/error.log;
    events { worker_connections 256; }
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
      gzip on;
      gzip_types *;
      gzip_proxied any;
      gzip_min_length 0;
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://${upstream};
          proxy_http_version 1.1;
          proxy_set_header Connection '';
        }
      }
    }`;
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
