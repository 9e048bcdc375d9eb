import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Header } from './header.ts';
import { priorityOf } from './priority.ts';

test('priority by the fields that mail programs write', () => {
  for (const [fields, priority] of [
    ['', 'normal'],
    ['Priority: non-urgent\r\n', 'low'],
    ['priority: URGENT\r\nX-Priority: 5\r\n', 'urgent'],
    ['Importance: low\r\n', 'low'],
    ['Importance: high\r\n', 'urgent'],
    ['X-Priority: 1 (Highest)\r\n', 'urgent'],
    ['X-Priority: 5\r\n', 'low'],
    ['X-Priority: 3\r\n', 'normal'],
    ['Priority: yesterday\r\nX-Priority: many\r\n', 'normal'],
  ] as const)
    assert.equal(priorityOf(Header.parse(Buffer.from(fields))), priority, fields);
});
