// What an application in TypeScript is told while it is written.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const HERE = dirname(dirname(fileURLToPath(import.meta.url)));
const { scripts, exports: exported } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
const APPLICATION = `
import { connect, NotFound } from 'holdfast';

const client = await connect();
for await (const { name, modified } of client.list({ app: 'notes' })) console.log(name satisfies string, modified / 2n);
const saved = await client.with({ signal: AbortSignal.timeout(100) }).save('notes', 'ideas', 'text', { new: true });
const outcome: string = saved.outcome;
const { reply } = await client.ask('status', {});
const started: bigint = reply.started;
const live = await client.workspace({ app: 'notes' });
for await (const { number } of client.events({ types: [outcome] })) await live.put(live.parts[0]!.key, String(number));
if (new Error() instanceof NotFound) console.log(started);
// @ts-expect-error
await client.save('notes', 'ideas', 3);
// @ts-expect-error
await client.list({ application: 'notes' }).next();
// @ts-expect-error
await client.ask('stauts', {});
`;

test('an application in TypeScript is checked against the types that the package declares', async () => {
  const root = mkdtempSync(join(tmpdir(), 't'));
  const installed = join(root, 'node_modules', 'holdfast');
  mkdirSync(join(installed, 'build'), { recursive: true });
  symlinkSync(join(HERE, 'node_modules', '@types'), join(root, 'node_modules', '@types'));
  cpSync(join(HERE, 'package.json'), join(installed, 'package.json'));
  cpSync(join(HERE, 'messages.d.ts'), join(installed, 'build', 'messages.d.ts'));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'application.ts'), APPLICATION);
  const tsc = (/** @type {string} */ words, /** @type {string} */ cwd) => {
    return promisify(execFile)(join(HERE, 'node_modules', '.bin', 'tsc'), words.split(' '), { cwd });
  };
  const declare = /tsc (.*) --outDir build /.exec(scripts.declare)?.[1] ?? '';
  await tsc(`${declare} --outDir ${join(installed, 'build')}`, HERE);
  const checked = tsc('--strict --noEmit --target es2022 --module nodenext --lib es2023 application.ts', root);
  const problems = await checked.then(() => '', ({ stdout }) => stdout);
  rmSync(root, { recursive: true });
  assert.equal(problems, '');
  assert.equal(exported.types, './build/index.d.ts');
});
