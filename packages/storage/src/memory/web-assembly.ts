/**
 * WebAssembly as far as mon uses it, typed: TypeScript's own types of it come with a browser's.
 */

export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  /** Grows by pages of 64 KiB; returns the pages before. @throws RangeError beyond its maximum */
  grow(pages: number): number;
}

export interface WasmModule {
  readonly isWasmModule: true;
}

interface WasmNamespace {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => { readonly exports: unknown };
}

export const Wasm = (globalThis as unknown as { readonly WebAssembly: WasmNamespace }).WebAssembly;
