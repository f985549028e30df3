import type { Type } from '@nestjs/common';
import { getMetadataStorage, ValidationTypes } from 'class-validator';

type Check = (request: object) => boolean;
type Rule = ReturnType<
  ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']
>[number];

const checks = new WeakMap<Type, Check>();

/**
 * Whether a request satisfies all rules of its class. class-validator stores the rules, but would look them up and sort
 * them again for every request. False may also mean that a rule cannot be evaluated here; the caller then uses
 * class-validator, which also returns the errors.
 */
export function isValid(request: object, metatype: Type): boolean {
  let check = checks.get(metatype);
  if (check === undefined) checks.set(metatype, (check = checkOf(metatype)));
  return check(request);
}

function checkOf(metatype: Type): Check {
  const rules = getMetadataStorage().getTargetValidationMetadatas(metatype, '', false, false);
  if (!rules.every(isPlain)) return () => false;
  const parts = rules.flatMap(checksOfRule);
  return (request) => parts.every((check) => check(request));
}

/** Whether a rule is a predicate for one value, without the conditional features of class-validator. */
function isPlain({ type, each, groups = [], validateIf }: Rule): boolean {
  const isPredicate = type === ValidationTypes.CUSTOM_VALIDATION;
  return isPredicate && !each && groups.length === 0 && validateIf === undefined;
}

function checksOfRule({
  constraintCls,
  constraints,
  propertyName,
  target,
}: Rule): readonly Check[] {
  const targetName = typeof target === 'string' ? target : target.name;
  return getMetadataStorage()
    .getTargetValidatorConstraints(constraintCls)
    .map(({ instance }) => (object) => {
      const value: unknown = (object as Readonly<Record<string, unknown>>)[propertyName];
      const about = { value, constraints, targetName, object, property: propertyName };
      return instance.validate(value, about) === true;
    });
}
