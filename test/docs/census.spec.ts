import { describe, expect, it } from 'vitest';
import { EventsService } from '#contract/presence/v1/events_service_pb.js';
import { ModerationService } from '#contract/presence/v1/moderation_service_pb.js';
import { PresenceService } from '#contract/presence/v1/presence_service_pb.js';
import { SessionService } from '#contract/presence/v1/session_service_pb.js';
import type { AuditedAction } from '../../src/audit/audit-log.js';
import type { GrantsClaim } from '../../src/auth/grants.js';
import { REJECTIONS } from '../../src/api/rejections.js';
import { allSettings, settings } from '../../src/config/settings.js';
import { pages, textOf } from './markdown.js';

const GUIDE = 'docs/guides/who-may-see-whom.md';

/** Generated from the definitions, so they name everything. */
const GENERATED = ['docs/api.md', 'docs/settings.md', 'docs/errors.md'];

const written = pages().filter((page) => isOfUsers(page) && !GENERATED.includes(page));

const methods = [SessionService, PresenceService, EventsService, ModerationService].flatMap(
  (service) => service.methods.map(({ name }) => name),
);

// The types make each of these complete.
const fields = Object.keys({
  groups: true,
  join: true,
  watch: true,
  moderate: true,
  watch_only: true,
} satisfies Record<keyof GrantsClaim, true>);

const actions = Object.keys({
  'end session': true,
  explain: true,
  'hide from': true,
  'move user': true,
  'mute user': true,
  'read groups': true,
  'remove user': true,
  'revoke tokens': true,
  'set status': true,
} satisfies Record<AuditedAction, true>);

const settingsOfAccess = [
  ...Object.values(settings.access),
  settings.auth.grantsClaim,
  settings.auth.maxTokenLifetimeMs,
].map(({ name }) => name);

const reasonsOfAccess = [
  'CHANNEL_NOT_GRANTED',
  'GROUP_NOT_GRANTED',
  'WATCH_ONLY_TOKEN',
  'TOKEN_REVOKED',
] satisfies (keyof typeof REJECTIONS)[];

describe('The pages that are written by hand', () => {
  it.each(allSettings.map(({ name }) => name))('explain the setting %s', (name) => {
    expect(written.filter((page) => names(page, name))).not.toEqual([]);
  });

  it.each(methods)('have the method %s in the table of the README', (name) => {
    expect(rowsOf('README.md').some((row) => row.includes(`\`${name}\``))).toBe(true);
  });

  it.each(actions)('have the action "%s" in the table of the audit log', (action) => {
    expect(firstCellsOf('docs/observability.md')).toContain(`\`${action}\``);
  });

  it('are those for users, and not the generated ones', () => {
    expect(written).toEqual(expect.arrayContaining(['README.md', 'docs/concepts.md', GUIDE]));
    expect(names('docs/concepts.md', 'NO_SUCH_SETTING')).toBe(false);
    expect(firstCellsOf('docs/observability.md')).not.toContain('`no such action`');
  });
});

describe('The documentation of access', () => {
  it.each(fields)('has the field %s of the claim in the tables of grants', (field) => {
    for (const page of ['docs/security.md', 'docs/concepts.md']) {
      expect(firstCellsOf(page), page).toContain(`\`${field}\``);
    }
    expect(textOf(GUIDE)).toContain(`"${field}"`);
  });

  it.each(settingsOfAccess)('has the setting %s in the checklist and in the guide', (name) => {
    const [, checklist = ''] = /^## Hardening checklist\n([^]*?)^## /m.exec(
      textOf('docs/security.md'),
    )!;
    const isInChecklist = checklist.includes(`\`${name}`);
    // Another name of the claim makes nothing more secure.
    expect(isInChecklist || name === settings.auth.grantsClaim.name, 'checklist').toBe(true);
    expect(names(GUIDE, name), GUIDE).toBe(true);
  });

  it.each(reasonsOfAccess)('explains the reason %s in the concepts or with tokens', (reason) => {
    expect(['docs/concepts.md', 'docs/security.md'].some((page) => names(page, reason))).toBe(true);
  });
});

function isOfUsers(page: string): boolean {
  return page === 'README.md' || page.startsWith('docs/');
}

/** Whether a page has a name in a code span, perhaps with a value. */
function names(page: string, name: string): boolean {
  return new RegExp(`\`[^\`\n]*\\b${name}\\b[^\`\n]*\``).test(textOf(page));
}

function rowsOf(page: string): readonly string[] {
  return textOf(page).match(/^\|.*\|$/gm) ?? [];
}

function firstCellsOf(page: string): readonly string[] {
  return rowsOf(page).map((row) => row.split('|')[1]!.trim());
}
