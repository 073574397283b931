export const AGENT = 1;
