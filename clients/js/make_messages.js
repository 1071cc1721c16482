// `npm run types`: messages.js (what the codec checks by) and messages.d.ts (what the editor knows), made from
// protocol/messages.json. A test fails when they differ from it.

import { readFileSync, writeFileSync } from 'node:fs';

/** @typedef {import('./messages.js').Form} Form */
/** @typedef {{ type: Form, absent?: unknown }} Field */
/** @typedef {{ says: string, fields: Record<string, Field> }} Row */

const HEAD = '// Made from protocol/messages.json by `npm run types`; not to be edited.\n';
const WORDS = /** @type {Record<string, string>} */ ({
  int: 'number', natural: 'number', time: 'bigint', text: 'string', bytes: 'Uint8Array', bool: 'boolean', nil: 'null',
});

/** The two files, by name. */
export function made() {
  const wire = JSON.parse(readFileSync(new URL('../../protocol/messages.json', import.meta.url), 'utf8'));
  return { 'messages.js': tables(wire), 'messages.d.ts': types(wire) };
}

/** @param {any} wire */
function tables(wire) {
  const rows = { ...wire.nouns, ...wire.replies };
  const named = {
    protocol: wire.protocol,
    chunk: wire.chunk_bytes,
    limits: wire.limits,
    verbs: each(wire.verbs, ({ reply, changes, fields }) => ({ reply, changes, fields })),
    told: wire.told,
    rows: each(rows, ({ fields }) => fields),
  };
  return HEAD + Object.entries(named).map(([name, value]) => `\nexport const ${name} = ${written(value)};\n`).join('');
}

/** @param {any} wire */
function types(wire) {
  const rows = Object.entries({ ...wire.nouns, ...wire.replies });
  const requests = Object.entries(wire.verbs);
  const asked = held(wire.nouns, Object.values(wire.verbs));
  return `${HEAD}
export type Form = string | Form[] | { array: Form } | { map: Form };
export type Fields = Record<string, { type: Form; absent?: any }>;

export declare const protocol: number;
export declare const chunk: { minimum: number; average: number; maximum: number; hash: number };
export declare const limits: Record<${Object.keys(wire.limits).map((name) => `'${name}'`).join(' | ')}, number>;
export declare const verbs: Record<Verb, { reply: string; changes: boolean; fields: Fields }>;
export declare const told: Record<string, string>;
export declare const rows: Record<string, Fields>;

${rows.map(([name, row]) => comment(row.says) + `export interface ${name} ${fields(row, asked.has(name))}\n`).join('\n')}
export interface Requests {
${requests.map(([verb, row]) => {
    return `${comment(row.says + thrown(wire, row.errors), '  ')}  '${verb}': ${fields(row, true, '  ')};\n`;
  }).join('')}}

export interface Replies {
${requests.map(([verb, row]) => `  '${verb}': ${row.reply};\n`).join('')}}

export type Verb = keyof Requests;
`;
}

/** The nouns in these rows, and those in them. @param {Record<string, Row>} nouns @param {Row[]} rows */
function held(nouns, rows, found = /** @type {Set<string>} */ (new Set())) {
  for (const { fields } of rows) {
    const names = JSON.stringify(Object.values(fields).map(({ type }) => type)).match(/[A-Z]\w+/g) ?? [];
    const more = names.filter((name) => !found.has(name));
    more.forEach((name) => found.add(name));
    held(nouns, more.map((name) => /** @type {Row} */ (nouns[name])), found);
  }
  return found;
}

/** @param {any} wire @param {string[]} codes */
function thrown(wire, codes) {
  return codes.length ? ` Throws ${codes.map((code) => wire.errors[code].class).join(', ')}.` : '';
}

/** @param {Row} row @param {boolean} asked whether a client may leave out what has a default @param {string} margin */
function fields(row, asked, margin = '') {
  const lines = Object.entries(row.fields).map(([name, field]) => {
    const may = asked && 'absent' in field ? '?' : '';
    return `${margin}  ${name}${may}: ${word(field.type)};\n`;
  });
  return lines.length ? `{\n${lines.join('')}${margin}}` : '{}';
}

/** @param {Form} form @returns {string} */
function word(form) {
  if (Array.isArray(form)) return form.map(word).join(' | ');
  if (typeof form === 'string') return WORDS[form] ?? form;
  if ('array' in form) return `Array<${word(form.array)}>`;
  return `Record<string, ${word(form.map)}>`;
}

/** @param {string} text */
function comment(text, margin = '') {
  return `${margin}/** ${text.replaceAll('*/', '* /')} */\n`;
}

/** @template T, U @param {Record<string, T>} all @param {(one: T) => U} make */
function each(all, make) {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, make(one)]));
}

/** One row a line. @param {unknown} value */
function written(value) {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const lines = Object.entries(value).map(([name, one]) => `  ${JSON.stringify(name)}: ${JSON.stringify(one)},\n`);
  return `{\n${lines.join('')}}`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const [name, text] of Object.entries(made())) writeFileSync(new URL(name, import.meta.url), text);
}
