import {
  Catch,
  Controller,
  createParamDecorator,
  Module,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestMicroservice,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  MessagePattern,
  Payload,
  Server,
  type CustomTransportStrategy,
} from '@nestjs/microservices';
import {
  concat,
  isObservable,
  lastValueFrom,
  map,
  of,
  throwError,
  toArray,
  type Observable,
} from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runPipelinesDirectly } from './direct-pipeline.js';

/** The answer of the guard: a value, or something to wait for. */
let allowed: ReturnType<CanActivate['canActivate']> = true;
let steps: string[] = [];

class FirstGuard implements CanActivate {
  canActivate(context: ExecutionContext): typeof allowed {
    steps.push(`guard of ${context.getClass().name}.${context.getHandler().name}`);
    return allowed;
  }
}

class SecondGuard implements CanActivate {
  canActivate(): boolean {
    steps.push('second guard');
    return true;
  }
}

@Catch()
class Filter implements ExceptionFilter {
  catch(error: Error): Observable<never> {
    return throwError(() => `filtered ${error.message}`);
  }
}

class Doubled implements PipeTransform {
  transform(value: number): number {
    return 2 * value;
  }
}

class LaterPlusOne implements PipeTransform {
  async transform(value: number): Promise<number> {
    return Promise.resolve(value + 1);
  }
}

class Tenfold implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: { handle(): Observable<number> },
  ): Observable<number> {
    return next.handle().pipe(map((value) => 10 * value));
  }
}

class RejectedLater implements PipeTransform {
  async transform(): Promise<never> {
    await Promise.resolve();
    throw new Error('invalid');
  }
}

const Broken = createParamDecorator(() => {
  throw new Error('broken');
});

const Second = createParamDecorator((_data, context: ExecutionContext) =>
  context.getArgByIndex<number>(1),
);

@Controller()
@UseFilters(Filter)
@UseGuards(FirstGuard, SecondGuard)
class Methods {
  @MessagePattern('sum')
  sum(@Payload(new Doubled()) a: number, @Second() b: number): number {
    return a + b;
  }

  @MessagePattern('later')
  async later(
    @Payload(new Doubled(), new LaterPlusOne(), new Doubled()) a: number,
  ): Promise<number> {
    return Promise.resolve(a);
  }

  @MessagePattern('throw')
  throw(): never {
    throw new Error('thrown');
  }

  @MessagePattern('reject')
  async reject(): Promise<never> {
    return Promise.reject(new Error('rejected'));
  }

  @MessagePattern('stream')
  stream(@Payload() end: string): Observable<unknown> {
    return concat(of(1, 2), end === '' ? [] : throwError(() => new Error(end)));
  }

  @MessagePattern('invalid')
  invalid(@Payload(new RejectedLater()) a: number, @Broken() b: number): number {
    return a + b;
  }

  @MessagePattern('intercepted')
  @UseInterceptors(Tenfold)
  intercepted(@Payload(new Doubled()) a: number): number {
    return a;
  }
}

@Module({ controllers: [Methods] })
class TestModule {}

/** A transport that only keeps the handlers. */
class Handlers extends Server implements CustomTransportStrategy {
  listen(done: () => void): void {
    done();
  }

  close(): void {}

  override on(): never {
    throw new Error('not used');
  }

  override unwrap(): never {
    throw new Error('not used');
  }
}

describe('The pipeline of a call', () => {
  let handlers: Handlers;
  let app: INestMicroservice;
  beforeEach(async () => {
    runPipelinesDirectly();
    handlers = new Handlers();
    app = await NestFactory.createMicroservice(TestModule, { strategy: handlers, logger: false });
    await app.listen();
    allowed = true;
    steps = [];
  });
  afterEach(() => app.close());

  /** Returns the result of a method, or all messages of its stream. */
  async function call(method: string, ...args: readonly unknown[]): Promise<unknown> {
    const handler = handlers.getHandlerByPattern(method)!;
    const result: unknown = await (handler as (...args: readonly unknown[]) => unknown)(...args);
    return isObservable(result) ? lastValueFrom(result.pipe(toArray())) : result;
  }

  it('passes each parameter through its pipes', async () => {
    expect(await call('sum', 3, 4)).toBe(10);
  });

  it('waits for pipes and methods that are asynchronous', async () => {
    expect(await call('later', 3)).toBe(14);
  });

  it('asks the guards in their order, about the method', async () => {
    await call('sum', 3, 4);
    expect(steps).toEqual(['guard of Methods.sum', 'second guard']);
  });

  it.each([
    ['a value', true],
    ['a promise', Promise.resolve(true)],
    ['an Observable', of(true)],
  ])('continues after a guard that allows the call with %s', async (_what, answer) => {
    allowed = answer;
    expect(await call('sum', 3, 4)).toBe(10);
    expect(steps).toEqual(['guard of Methods.sum', 'second guard']);
  });

  it.each([
    ['a value', () => false],
    ['a promise', () => Promise.resolve(false)],
    ['an Observable', () => of(false)],
  ])('ends at a guard that forbids the call with %s', async (_what, answer) => {
    allowed = answer();
    await expect(call('sum', 3, 4)).rejects.toBe('filtered Forbidden resource');
    expect(steps).toEqual(['guard of Methods.sum']);
  });

  it('passes the error of an asynchronous guard to the filter', async () => {
    allowed = Promise.reject(new Error('no token'));
    await expect(call('sum', 3, 4)).rejects.toBe('filtered no token');
  });

  it.each([
    ['throw', 'filtered thrown'],
    ['reject', 'filtered rejected'],
  ])('passes the error of a method to the filter: %s', async (method, filtered) => {
    await expect(call(method)).rejects.toBe(filtered);
  });

  it('passes one error to the filter if several parameters are invalid, and leaves none without a listener', async () => {
    await expect(call('invalid', 1)).rejects.toBe('filtered broken');
  });

  it('passes the messages of a stream, and its error through the filter', async () => {
    expect(await call('stream', '')).toEqual([1, 2]);
    await expect(call('stream', 'broken')).rejects.toBe('filtered broken');
  });

  it('leaves a method with an interceptor to Nest', async () => {
    expect(await call('intercepted', 3)).toEqual([60]);
  });
});
