import { createPresenceClient, type PresenceClient } from '@presence-service/client';
import type * as Hooks from '@presence-service/client/react';
import type * as React from 'react';
import type { Root } from 'react-dom/client';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { openDocument, type PageElement } from './dom.js';
import { FakeService, told } from './fake-service.js';
import { ManualTimers, settled } from './manual-timers.js';
import { tokenNumber } from './tokens.js';

/** A page with the hooks for React, and the service that its client calls. Each test has a new one. */
export class ReactPage {
  react!: typeof React;
  hooks!: typeof Hooks;
  service!: FakeService;
  container!: PageElement;
  private dom!: ReturnType<typeof openDocument>;
  private createRoot!: (container: Element) => Root;
  private timers!: ManualTimers;
  private client!: PresenceClient;
  private root!: Root;

  /** Loads React, which needs the document. */
  async load(): Promise<void> {
    this.dom = openDocument();
    this.react = await import('react');
    ({ createRoot: this.createRoot } = await import('react-dom/client'));
    this.hooks = await import('@presence-service/client/react');
  }

  unload(): void {
    this.dom.close();
  }

  open(): void {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const timers = (this.timers = new ManualTimers());
    this.service = new FakeService(() => timers.now());
    const { transport } = this.service;
    this.client = createPresenceClient({
      transport,
      token: () => tokenNumber(1),
      timers,
      random: () => 1,
    });
    this.container = this.dom.newElement();
    this.root = this.createRoot(this.container);
  }

  async close(): Promise<void> {
    await this.show();
    this.client.close();
    vi.useRealTimers();
  }

  /** A root below no provider. */
  newRoot(): Root {
    return this.createRoot(this.dom.newElement());
  }

  /** Renders these components below a provider in StrictMode, and waits until the client has called the service. */
  async show(
    components: readonly (() => React.ReactNode)[] = [],
    connect?: Hooks.PresenceProviderProps['connect'],
  ): Promise<void> {
    const { StrictMode, createElement } = this.react;
    const children = components.map((component) =>
      createElement(component, { key: component.name }),
    );
    const props = {
      client: this.client,
      children,
      ...(connect !== undefined && { connect }),
    };
    const page = components.length > 0 && createElement(this.hooks.PresenceProvider, props);
    await this.react.act(async () => {
      this.root.render(createElement(StrictMode, undefined, page));
      await settled();
    });
    await this.pass(0);
  }

  async pass(ms: number): Promise<void> {
    await this.react.act(async () => {
      await vi.advanceTimersByTimeAsync(ms);
      await this.timers.pass(ms);
    });
  }

  async send(message: Parameters<typeof told>[0], index = -1): Promise<void> {
    await this.react.act(async () => {
      this.service.subscriptions.at(index)!.send(told(message));
      await settled();
    });
  }
}

/** Opens a page before each test of the calling `describe`, and closes it after the test. */
export function openReactPage(): ReactPage {
  const page = new ReactPage();
  beforeAll(() => page.load());
  beforeEach(() => page.open());
  afterEach(() => page.close());
  afterAll(() => page.unload());
  return page;
}
