import { mutant, type AccessMutant } from './mutant.js';

const RECORD = 'src/store/redis/access-record.codec.spec.ts';
const NODES = 'src/store/redis/access-on-several-nodes.spec.ts';
const RECONCILE = 'src/domain/reconcile.spec.ts';
const HIDING = 'src/domain/hiding.spec.ts';

/** Stores that lose who may see whom. */
export const storeMutants: readonly AccessMutant[] = [
  mutant(
    'records have no lists of hiding',
    'store/redis/access-record.codec.ts',
    'return [hidingFields(hiddenFrom), tokensValidFrom ?? null];',
    'return [hidingFields(new Map()), tokensValidFrom ?? null];',
    [RECORD, 'The record of a user with access rules'],
  ),
  mutant(
    'records have no groups',
    'store/redis/session-record.codec.ts',
    'groups: groupsOf(fields[13], known)',
    'groups: NO_GROUPS',
    [RECORD, 'The record of a user with access rules'],
  ),
  mutant(
    'a merge takes the stored list of hiding',
    'domain/choices.ts',
    'accessRules(from.accessRules.hiddenFrom, tokensValidFrom)',
    'accessRules(facts.accessRules.hiddenFrom, tokensValidFrom)',
    [RECONCILE, 'Access rules of a user whose stored state lost some of them'],
  ),
  mutant(
    'a merge takes the stored revocation',
    'domain/reconcile.ts',
    'const revocation = laterRevocation(base, other);',
    'const revocation = base.accessRules.tokensValidFrom;',
    [RECONCILE, 'Access rules of a user whose stored state lost some of them'],
  ),
  mutant(
    'a node does not put back what an older node has dropped',
    'domain/reconcile.ts',
    'if (hasHiding && isComplete) return stored;',
    'if (hasHiding || true) return stored;',
    [NODES, 'A node of the version before access does not undo access rules and groups'],
  ),
  mutant(
    'an eviction forgets from whom a user hides',
    'domain/access-rules.ts',
    'return accessRules(hiddenFrom, rules.tokensValidFrom);',
    'return accessRules(HIDDEN_FROM_NOBODY, rules.tokensValidFrom);',
    [HIDING, 'The list of viewers from whom a user hides is kept once when the store forgets'],
  ),
];
