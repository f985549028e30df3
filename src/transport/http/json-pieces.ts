import { MalformedMessageError } from '../call/lazy-request.js';

/** The maximum number of values in a JSON request: more than the longest lists of the contract together. */
const MAX_VALUES = 12_000;

/** A longer list is split at the first boundary between values after this number of bytes. */
const PIECE_BYTES = 64 * 1024;

/**
 * The maximum size of a string in bytes: the validation rules allow at most 4,096 bytes, and JSON may escape each of
 * them as six.
 */
const MAX_TEXT_BYTES = 6 * 4096;

/** The maximum size of a piece in bytes. Only long white space and extremely long numbers make a larger one. */
export const MAX_PIECE_BYTES = PIECE_BYTES + 2 * MAX_TEXT_BYTES;

const [QUOTE, BACKSLASH, COMMA, COLON] = Buffer.from('"\\,:');
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('[]{}');

/** A list that is being split. */
interface List {
  /** The name of its field, as written in the request. */
  readonly name: Buffer;
  /** The position at which the current piece begins. */
  start: number;
}

/**
 * Splits a JSON request into small pieces of JSON. Protobuf appends lists when encoded messages follow one another, so
 * the messages of all pieces together form the message of the request. The pieces are valid JSON if and only if the
 * request is: the first is the request without the values of its lists, and each other piece is an object with a part
 * of one list.
 */
export class JsonPieces {
  private position = 0;
  private depth = 0;
  private values = 0;
  private textStart: number | undefined;
  private isObject = false;
  /** The last string in the outermost object, and the string that names the next value. */
  private text: Buffer | undefined;
  private name: Buffer | undefined;
  private list: List | undefined;
  private readonly rest: Buffer[] = [];
  private restStart = 0;
  private readonly pieces: Buffer[] = [];

  constructor(private readonly json: Buffer) {}

  /** Reads up to a position. Throws a `MalformedMessageError` if a limit is exceeded, before objects are created. */
  readTo(end: number): void {
    for (; this.position < end; this.position++) {
      const byte = this.json[this.position];
      if (this.textStart === undefined) this.read(byte);
      else if (byte === BACKSLASH) this.position++;
      else if (byte === QUOTE) this.endText(this.textStart);
    }
  }

  /** Returns the pieces after the complete request was read. */
  finish(): readonly Buffer[] {
    const { json } = this;
    // If a list has no end, it is appended here, so that the first piece is invalid as well.
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
      throw new MalformedMessageError('has more values than any request may have');
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
    // A short list may have one empty piece; a list that was split may not.
    if (this.position > list.start || this.json[list.start - 1] === COMMA) this.cut(list);
    this.restStart = this.position;
    this.list = undefined;
  }

  private cut({ name, start }: List): void {
    const values = this.json.subarray(start, this.position);
    const isCut = this.json[start - 1] === COMMA || this.json[this.position] === COMMA;
    // There must be a value between two commas and after the last comma.
    if (isCut && !values.some((byte) => byte > 0x20)) {
      throw new MalformedMessageError('is not valid JSON: a list lacks a value');
    }
    const piece = [Buffer.from('{'), name, Buffer.from(':['), values, Buffer.from(']}')];
    this.pieces.push(Buffer.concat(piece));
  }
}

function tooLarge(): MalformedMessageError {
  return new MalformedMessageError('has a larger value than any request may have');
}
