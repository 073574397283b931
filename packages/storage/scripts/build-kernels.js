// Compiles kernels/*.ts (AssemblyScript) to dist/kernels/*.wasm: one module a file, files in folders
// below are parts that a module imports. What is newer than all sources is left alone.
//
// A kernel has no heap and no static memory: it imports the memory that it is given (shared, see
// docs/design/0003-shard-memory.md), and every address comes from its caller.
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import asc from 'assemblyscript/asc';

const ROOT = join(import.meta.dirname, '..');
const SOURCES = join(ROOT, 'kernels');
const TARGETS = join(ROOT, 'dist', 'kernels');
const PAGES_MAX = '65536';

const files = readdirSync(SOURCES, { recursive: true }).filter((path) => path.endsWith('.ts'));
const newest = Math.max(...[import.meta.filename, ...files.map((f) => join(SOURCES, f))].map(age));
mkdirSync(TARGETS, { recursive: true });

const modules = files.filter((path) => path === basename(path) && !path.endsWith('.d.ts'));
for (const file of modules) {
  const target = join(TARGETS, file.replace(/\.ts$/, '.wasm'));
  if (age(target) > newest) continue;
  const options = ['--runtime', 'stub', '--importMemory', '--sharedMemory', '--noAssert'];
  options.push('--initialMemory', '1', '--maximumMemory', PAGES_MAX, '-O3', '--noColors');
  for (const feature of ['simd', 'threads', 'bulk-memory']) options.push('--enable', feature);
  const { error, stderr } = await asc.main([join(SOURCES, file), '-o', target, ...options]);
  if (error) {
    process.stderr.write(`${stderr.toString()}\n`);
    throw new Error(`Cannot compile the kernel ${file}: ${error.message}`);
  }
  checkImports(target);
}

/** A data segment would land on memory that others own; a second import means runtime support. */
function checkImports(path) {
  const module = new WebAssembly.Module(readFileSync(path));
  const imports = WebAssembly.Module.imports(module).map(
    (entry) => `${entry.module}.${entry.name}`,
  );
  if (imports.join() === 'env.memory' && !hasSegments(readFileSync(path))) return;
  const why = `it imports ${imports.join(', ')} or has data segments`;
  throw new Error(`${path}: ${why}; kernels use load, store and memory.* only`);
}

/** Whether a module has a data section (id 11). */
function hasSegments(bytes) {
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      size += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    if (id === 11) return true;
    at += size;
  }
  return false;
}

function age(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
