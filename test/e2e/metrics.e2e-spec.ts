import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Service } from '../support/service.js';

describe('GET /metrics', () => {
  let service: Service;
  beforeAll(async () => void (service = await Service.start()));
  afterAll(() => service.stop());

  it('tells Prometheus how the process and the store are', async () => {
    const response = await fetch(`${service.httpUrl}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const lines = (await response.text()).split('\n');
    expect(lines).toContain('presence_store_up 1');
    expect(lines).toContain('presence_store_fenced_total 0');
    for (const name of ['users', 'sessions', 'alarms']) {
      expect(lines).toContain(`presence_store_${name} 0`);
    }
    expect(lines.some((line) => line.startsWith('process_cpu_seconds_total'))).toBe(true);
  });

  it('says what each figure means', async () => {
    const text = await (await fetch(`${service.httpUrl}/metrics`)).text();
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    const explained = [...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name);
    expect(explained).toEqual(names);
  });
});
