import { status } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { Distribution } from '../metrics/distribution.js';
import { DURATION_BOUNDS } from '../metrics/durations.js';

/** How the unary calls of a method went. */
export class UnaryFigures {
  /** How long they took until they had an answer, in seconds, by the code of that. */
  readonly durations = new Map([[status.OK, new Distribution(DURATION_BOUNDS)]]);

  ended(code: status, seconds: number): void {
    let durations = this.durations.get(code);
    if (durations === undefined) {
      this.durations.set(code, (durations = new Distribution(DURATION_BOUNDS)));
    }
    durations.add(seconds);
  }
}

/** How the streams of a method are and went. */
export class StreamFigures {
  /** How long it took until their first message, in seconds. */
  readonly starts = new Distribution(DURATION_BOUNDS);
  /** How many have ended, by code. CANCELLED: the client went, or its deadline came. */
  readonly ends = new Map<status, number>([
    [status.OK, 0],
    [status.CANCELLED, 0],
  ]);
  open = 0;

  began(): void {
    this.open++;
  }

  ended(code: status): void {
    this.open--;
    this.ends.set(code, (this.ends.get(code) ?? 0) + 1);
  }
}

/** How the calls of the contract go, by the path of their method, over whatever they come. */
@Injectable()
export class CallFigures {
  readonly unary = new Map<string, UnaryFigures>();
  readonly streams = new Map<string, StreamFigures>();

  ofUnary(path: string): UnaryFigures {
    const figures = new UnaryFigures();
    this.unary.set(path, figures);
    return figures;
  }

  ofStreams(path: string): StreamFigures {
    const figures = new StreamFigures();
    this.streams.set(path, figures);
    return figures;
  }
}
