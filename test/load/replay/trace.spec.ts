import { describe, expect, it } from 'vitest';
import { MalformedTrace, parseTrace } from './trace.js';

const HEADER = 't_seconds,action,session,user,reason';

describe('A trace', () => {
  it('is read row by row', () => {
    const text = `${HEADER}\n0,connect,s1,ann,\n1.5,activity,s1,ann,\r\n9,disconnect,s1,ann,lost\n`;
    expect(parseTrace(text, 'day.csv')).toEqual([
      { seconds: 0, action: 'connect', session: 's1', user: 'ann', reason: '' },
      { seconds: 1.5, action: 'activity', session: 's1', user: 'ann', reason: '' },
      { seconds: 9, action: 'disconnect', session: 's1', user: 'ann', reason: 'lost' },
    ]);
  });

  it('may begin with a byte order mark, as spreadsheets write it', () => {
    expect(parseTrace(`\uFEFF${HEADER}\n0,connect,s1,ann,\n`, 'day.csv')).toHaveLength(1);
  });

  it.each([
    ['seconds in words', 'soon,connect,s1,ann,'],
    ['seconds in the past', '-1,connect,s1,ann,'],
    ['another action', '0,dance,s1,ann,'],
    ['another reason', '0,disconnect,s1,ann,bored'],
    ['no session', '0,connect,,ann,'],
    ['no user', '0,connect,s1,,'],
    ['too few columns', '0,connect,s1,ann'],
    ['too many columns', '0,connect,s1,ann,,'],
  ])('says in which line there is %s', (_, row) => {
    const text = `${HEADER}\n0,connect,s0,bob,\n${row}`;
    expect(() => parseTrace(text, 'day.csv')).toThrow(
      new MalformedTrace('day.csv has no row of a trace in line 3.'),
    );
  });

  it('has its columns named', () => {
    expect(() => parseTrace('0,connect,s1,ann,', 'day.csv')).toThrow(MalformedTrace);
  });
});
