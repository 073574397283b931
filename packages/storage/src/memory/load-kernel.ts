/**
 * Puts a WebAssembly kernel over a shard's memory. Kernels are built from `kernels/` by
 * `scripts/build-kernels.js`; see docs/design/0003-shard-memory.md.
 */
import { readFileSync } from 'node:fs';
import { Wasm, type WasmMemory, type WasmModule } from './web-assembly.ts';

const modules = new Map<string, WasmModule>();

/**
 * The exports of `kernels/<name>.ts`, working on `memory`. Each kernel file has a plain TypeScript
 * interface beside its twin, which the caller names.
 */
export function loadKernel<Exports>(name: string, memory: WasmMemory): Exports {
  let module = modules.get(name);
  if (module === undefined) {
    const path = new URL(`../kernels/${name}.wasm`, import.meta.url);
    module = new Wasm.Module(readFileSync(path));
    modules.set(name, module);
  }
  return new Wasm.Instance(module, { env: { memory } }).exports as Exports;
}
