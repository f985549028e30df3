import { MalformedMessageError } from '../call/lazy-request.js';

/** How many values a request in JSON may have: more than the longest lists of the contract together. */
const MAX_VALUES = 12_000;

/** After how many bytes a list is cut, at the next value. */
const PIECE_BYTES = 64 * 1024;

/** How many bytes a text may have: 4,096 as a rule lets through at most, each of them escaped. */
const MAX_TEXT_BYTES = 6 * 4096;

/** How many bytes a piece may have. Only white space and numbers without an end make a larger one. */
export const MAX_PIECE_BYTES = PIECE_BYTES + 2 * MAX_TEXT_BYTES;

const [QUOTE, BACKSLASH, COMMA, COLON] = Buffer.from('"\\,:');
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('[]{}');

/** A list that is being cut. */
interface List {
  /** Its name, as it is written. */
  readonly name: Buffer;
  /** Where the piece begins. */
  start: number;
}

/**
 * Cuts a request in JSON into pieces that are small, and JSON again. Protobuf appends the lists of messages that follow one
 * another, so that the messages of all pieces make the message of the whole. The pieces are JSON if and only if the whole is:
 * the first is the whole without what is in its lists, and each of the others is a list with some of it.
 */
export class JsonPieces {
  private position = 0;
  private depth = 0;
  private values = 0;
  private textStart: number | undefined;
  private isObject = false;
  /** The last text of the outermost object, and whether it names what comes next. */
  private text: Buffer | undefined;
  private name: Buffer | undefined;
  private list: List | undefined;
  private readonly rest: Buffer[] = [];
  private restStart = 0;
  private readonly pieces: Buffer[] = [];

  constructor(private readonly json: Buffer) {}

  /** Goes on to a position. Throws a `MalformedMessageError` when there is more than in any request, before objects are made of it. */
  readTo(end: number): void {
    for (; this.position < end; this.position++) {
      const byte = this.json[this.position];
      if (this.textStart === undefined) this.read(byte);
      else if (byte === BACKSLASH) this.position++;
      else if (byte === QUOTE) this.endText(this.textStart);
    }
  }

  /** The pieces of what was read to the end. */
  finish(): readonly Buffer[] {
    const { json } = this;
    // A list without an end. The first piece lacks it, too.
    this.rest.push(json.subarray(this.list?.start ?? this.restStart));
    const all = [Buffer.concat(this.rest), ...this.pieces];
    if (all.some(({ length }) => length > MAX_PIECE_BYTES)) throw tooLarge();
    return all;
  }

  private read(byte: number | undefined): void {
    switch (byte) {
      case QUOTE:
        this.textStart = this.position;
        break;
      case COLON:
        if (this.depth === 1) this.name = this.text;
        break;
      case COMMA:
        this.count();
        if (this.depth === 1) this.name = undefined;
        else if (this.depth === 2) this.cutIfLong();
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        this.count();
        this.open(byte);
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        if (--this.depth === 1) this.endList();
    }
  }

  private count(): void {
    if (++this.values > MAX_VALUES)
      throw new MalformedMessageError('is of more values than any request');
  }

  private endText(start: number): void {
    this.textStart = undefined;
    const end = this.position + 1;
    if (end - start > MAX_TEXT_BYTES) throw tooLarge();
    if (this.depth === 1) this.text = this.json.subarray(start, end);
  }

  private open(byte: number | undefined): void {
    if (++this.depth === 1) this.isObject = byte === OPEN_OBJECT;
    if (this.depth !== 2 || byte !== OPEN_LIST || !this.isObject || this.name === undefined) return;
    const start = this.position + 1;
    this.rest.push(this.json.subarray(this.restStart, start));
    this.list = { name: this.name, start };
  }

  private cutIfLong(): void {
    const { list, position } = this;
    if (list === undefined || position - list.start < PIECE_BYTES) return;
    this.cut(list);
    list.start = position + 1;
  }

  private endList(): void {
    const { list } = this;
    if (list === undefined) return;
    // One piece of a short list may be empty; of a list that was cut none may.
    if (this.position > list.start || this.json[list.start - 1] === COMMA) this.cut(list);
    this.restStart = this.position;
    this.list = undefined;
  }

  private cut({ name, start }: List): void {
    const values = this.json.subarray(start, this.position);
    const isCut = this.json[start - 1] === COMMA || this.json[this.position] === COMMA;
    // Between two commas, or behind the last one, there has to be a value.
    if (isCut && !values.some((byte) => byte > 0x20)) {
      throw new MalformedMessageError('is no JSON: a list lacks a value');
    }
    const piece = [Buffer.from('{'), name, Buffer.from(':['), values, Buffer.from(']}')];
    this.pieces.push(Buffer.concat(piece));
  }
}

function tooLarge(): MalformedMessageError {
  return new MalformedMessageError('holds more in one value than any request');
}
