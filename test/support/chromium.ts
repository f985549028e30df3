import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** The path in Debian's package. */
export const EXECUTABLE = '/usr/bin/chromium';

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Launches a real browser that connects only to the pages that a test opens. `executablePath` is a program that starts the
 * browser with its own arguments.
 */
export function launchChromium(executablePath = EXECUTABLE): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error('These tests need a real browser: apt-get install chromium');
  }
  return chromium.launch({ executablePath, args: ARGUMENTS });
}
