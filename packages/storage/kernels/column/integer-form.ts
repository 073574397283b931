// The head byte of a run of integers: what its writer chose.

export const IS_LEVEL: u32 = 1;
export const IS_SIGNED: u32 = 2;
export const IS_CLASSED: u32 = 4;
export const HAS_DIVISOR: u32 = 8;
export const WIDTH_MAX: u64 = 63;
