import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineAssembler, parseAtLine } from './at-line.ts';

const bytes = (text: string): number[] => [...Buffer.from(text, 'latin1')];

function lines(text: string): string[] {
  const assembler = new LineAssembler();
  return bytes(text).flatMap((byte) => assembler.push(byte) ?? []);
}

test('a line ends with CR; backspace and the LF after CR leave nothing', () => {
  assert.deepEqual(lines('AT\rATX\bZ\r\nATI\r'), ['AT', 'ATZ', 'ATI']);
});

test('the last AT counts, but not one in quotes', () => {
  assert.deepEqual(parseAtLine('garbage'), { kind: 'noise' });
  assert.deepEqual(parseAtLine('AT+FCLAATI3'), {
    kind: 'commands',
    commands: [{ kind: 'basic', name: 'I', value: 3 }],
  });
  assert.deepEqual(parseAtLine('AT+FLID="CATS AT"'), {
    kind: 'commands',
    commands: [{ kind: 'extended', name: '+FLID', action: 'set', value: '"CATS AT"' }],
  });
});

test('what the real programs send is understood', () => {
  const kinds = (line: string): string[] => {
    const parsed = parseAtLine(line);
    assert.equal(parsed.kind, 'commands', line);
    return parsed.kind === 'commands'
      ? parsed.commands.map((command) => ('name' in command ? command.name : command.kind))
      : [];
  };
  assert.deepEqual(kinds('ATQ0V1H0'), ['Q', 'V', 'H']);
  assert.deepEqual(kinds('AT+FAA=1;+FCR=1'), ['+FAA', '+FCR']);
  assert.deepEqual(kinds('ATS0=0'), ['register']);
  assert.deepEqual(kinds('ATL0M1'), ['L', 'M']);
  assert.deepEqual(kinds('AT&K3%C0\\N0'), ['&K', '%C', '\\N']);
  assert.deepEqual(kinds('at+fclass=2.0'), ['+FCLASS']);
  assert.deepEqual(kinds('ATX3S7=60DT0,5551212'), ['X', 'register', 'dial']);
  assert.deepEqual(kinds('AT'), []);
});

test('any line gives an answer, and none is read for ever', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('AT', '+F', 'CLASS', '=', '?', ';', '"', 'S', 'D', '0', '&', '#CID=1', ' '),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const parsed = parseAtLine(pieces.join(''));
      assert.ok(['noise', 'wrong', 'commands'].includes(parsed.kind));
    }),
  );
  assert.equal(parseAtLine(`AT${'S0=1'.repeat(200)}`).kind, 'wrong');
  assert.ok(lines(`AT${'x'.repeat(100_000)}\r`)[0]!.length < 1000);
});
