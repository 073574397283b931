/**
 * The numbered rules of docs/spec and the titles of tests name each other.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const ROOT = join(import.meta.dirname, '../..');

for (const [spec, folder] of [
  ['rules', 'test/server/rules'],
  ['alerting', 'test/server/alerting'],
] as const) {
  t.test(`every number of docs/spec/${spec}.md stands in a test title`, async (t) => {
    const text = readFileSync(join(ROOT, 'docs/spec', `${spec}.md`), 'utf8');
    const wanted = [...text.matchAll(/^- \*\*([A-Z]\d+)\*\*/gm)].map((match) => match[1]);
    const tested = new Set(
      globSync(`${folder}/**/*.test.ts`, { cwd: ROOT }).flatMap((file) => {
        const source = readFileSync(join(ROOT, file), 'utf8');
        return [...source.matchAll(/t\.test\(\s*[`'"]([A-Z]\d+): /g)].map((match) => match[1]);
      }),
    );
    t.ok(wanted.length > 20);
    t.same(
      wanted.filter((number) => !tested.has(number)),
      [],
    );
    t.same(
      [...tested].filter((number) => !wanted.includes(number)),
      [],
    );
  });
}
