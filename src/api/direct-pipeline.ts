import type { CanActivate, PipeTransform } from '@nestjs/common';
import { ExecutionContextHost, FORBIDDEN_MESSAGE, ParamsTokenFactory } from '@nestjs/core/internal';
import { RpcException } from '@nestjs/microservices';
import { RpcContextCreator } from '@nestjs/microservices/context/rpc-context-creator.js';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';
import { withErrorFilter } from './filtered-messages.js';

type Create = RpcContextCreator['create'];
type Args = readonly unknown[];

/** The parts of Nest that read the decorators of a method. They are private in Nest; only this file knows them. */
interface Internals extends Pick<RpcContextCreator, 'getMetadata'> {
  readonly exceptionFiltersContext: Factory<ErrorHandler>;
  readonly guardsContextCreator: Factory<readonly CanActivate[]>;
  readonly pipesContextCreator: Factory<PipeTransform[]>;
  readonly interceptorsContextCreator: Factory<readonly unknown[]>;
  readonly applicationConfig?: { getGlobalPreRequestHooks(): readonly unknown[] };
  readonly contextUtils: {
    mergeParamsMetatypes(params: readonly Param[], types: readonly unknown[]): readonly Param[];
  };
}

interface Factory<T> {
  create(...about: unknown[]): T;
}

interface ErrorHandler {
  handle(error: unknown, host: ExecutionContextHost): Observable<unknown>;
}

/** A decorated parameter of a method. */
interface Param {
  readonly index: number;
  readonly type: number | string;
  readonly data?: unknown;
  readonly schema?: unknown;
  readonly metatype?: unknown;
  readonly pipes: PipeTransform[];
  extractValue(...args: Args): unknown;
}

// Called with the creator as `this` below.
// eslint-disable-next-line @typescript-eslint/unbound-method
const original = RpcContextCreator.prototype.create;
const tokens = new ParamsTokenFactory();

/**
 * Makes Nest run the guards, the parameters with their pipes, and the filters of a call one after the other, and await only
 * those that return a promise. Nest itself waits after each step: it creates 31 promises for each call.
 */
export function runPipelinesDirectly(): void {
  RpcContextCreator.prototype.create = function (this: RpcContextCreator, ...about): never {
    return (directHandler(this as unknown as Internals, about) ??
      original.apply(this, about)) as never;
  } as Create;
}

/** Returns undefined for methods with interceptors or hooks, and for event handlers: Nest runs those. */
function directHandler(nest: Internals, about: Parameters<Create>): unknown {
  const [instance, callback, moduleKey, methodName, contextId, inquirerId, defaults, isEvent] =
    about;
  const of = <T>(factory: Factory<T>): T =>
    factory.create(instance, callback, moduleKey, contextId, inquirerId);
  const hooks = nest.applicationConfig?.getGlobalPreRequestHooks() ?? [];
  // Without the defaults it is not a method of a transport, and the errors of a handler of events are logged.
  if (defaults === undefined || isEvent === true) return undefined;
  if (hooks.length > 0 || of(nest.interceptorsContextCreator).length > 0) return undefined;
  const { argsLength, paramtypes, getParamsMetadata } = nest.getMetadata(
    instance,
    methodName,
    defaults,
    'rpc',
  );
  const errors = of(nest.exceptionFiltersContext);
  const pipes = of(nest.pipesContextCreator);
  const guards = of(nest.guardsContextCreator);
  const params = nest.contextUtils
    .mergeParamsMetatypes(getParamsMetadata(moduleKey) as never, paramtypes)
    .map((param) => ({ ...param, pipes: pipes.concat(param.pipes) }));
  const method = { instance, callback, guards, params, argsLength };
  const pipeline = new Pipeline(method, errors);
  return (...args: Args) => pipeline.handle(args);
}

interface Method {
  readonly instance: object;
  readonly callback: (...args: unknown[]) => unknown;
  readonly guards: readonly CanActivate[];
  readonly params: readonly Param[];
  readonly argsLength: number;
}

/** Serves the calls of one method. */
class Pipeline {
  constructor(
    private readonly method: Method,
    private readonly errors: ErrorHandler,
  ) {}

  /** The promise is never rejected: it has what the filter returns for an error. */
  handle(args: Args): Promise<unknown> {
    try {
      const result = this.run(args);
      if (result instanceof Promise) {
        return result.then(
          (value: unknown) => this.filtered(value, args),
          (error: unknown) => this.failed(error, args),
        );
      }
      return Promise.resolve(this.filtered(result, args));
    } catch (error) {
      return Promise.resolve(this.failed(error, args));
    }
  }

  private run(args: Args): unknown {
    const { guards, instance, callback } = this.method;
    const context = new ExecutionContextHost(
      args as unknown[],
      instance.constructor as never,
      callback,
    );
    context.setType('rpc');
    for (let i = 0; i < guards.length; i++) {
      const isAllowed = guards[i]!.canActivate(context);
      if (typeof isAllowed !== 'boolean') return this.runAfter(isAllowed, i + 1, context, args);
      if (!isAllowed) throw new RpcException(FORBIDDEN_MESSAGE);
    }
    return this.call(args);
  }

  /** Continues after a guard that is asynchronous. `next`: the index of the guard after it. */
  private async runAfter(
    asked: Promise<boolean> | Observable<boolean>,
    next: number,
    context: ExecutionContextHost,
    args: Args,
  ): Promise<unknown> {
    let isAllowed = await settled(asked);
    const { guards } = this.method;
    for (let i = next; isAllowed && i < guards.length; i++)
      isAllowed = await settled(guards[i]!.canActivate(context));
    if (!isAllowed) throw new RpcException(FORBIDDEN_MESSAGE);
    return this.call(args);
  }

  private call(args: Args): unknown {
    const { params, argsLength, instance, callback } = this.method;
    if (params.length === 0) return callback.apply(instance, args as unknown[]);
    const values = new Array<unknown>(argsLength).fill(undefined);
    let waits = false;
    for (const param of params) {
      const value = valueOf(param, args);
      waits ||= isThenable(value);
      values[param.index] = value;
    }
    if (!waits) return callback.apply(instance, values);
    return Promise.all(values).then((all) => callback.apply(instance, all));
  }

  private filtered(result: unknown, args: Args): unknown {
    if (!isObservable(result)) return result;
    return withErrorFilter(result, (error) => this.failed(error, args));
  }

  private failed(error: unknown, args: Args): Observable<unknown> {
    const host = new ExecutionContextHost(args as unknown[]);
    host.setType('rpc');
    return this.errors.handle(error, host);
  }
}

/** Converts an exception to a rejected promise, so that `Promise.all` also handles parameters that are rejected later. */
function valueOf(param: Param, args: Args): unknown {
  try {
    return transformed(param, param.extractValue(...args), 0);
  } catch (error) {
    const fault = error as Error;
    return Promise.reject(fault);
  }
}

/** Passes a value through the pipes of a parameter from an index on. Returns a promise if a pipe returns one. */
function transformed(param: Param, value: unknown, from: number): unknown {
  const { pipes, metatype, data, schema } = param;
  for (let i = from; i < pipes.length; i++) {
    if (isThenable(value)) return value.then((resolved) => transformed(param, resolved, i));
    const type = tokens.exchangeEnumForString(param.type as never);
    value = pipes[i]!.transform(value, { metatype, type, data, schema } as never);
  }
  return value;
}

async function settled(asked: boolean | Promise<boolean> | Observable<boolean>): Promise<boolean> {
  const answer: unknown = await asked;
  return isObservable(answer) ? (lastValueFrom(answer) as Promise<boolean>) : (answer as boolean);
}

function isThenable(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | null | undefined)?.then === 'function';
}
