/**
 * The agent's composition root: the one place that wires collectors, scrapes, spool and senders.
 */
export const AGENT_JOB_DEFAULT = 'node';
