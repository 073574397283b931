/**
 * What discovery finds: groups of targets with labels in common.
 */

export interface TargetGroup {
  /** Where it stands, unique among the groups of a job. */
  readonly source: string;
  /** host:port of each target, its `__address__`. */
  readonly addresses: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** The labels of each target of a group, before defaults and relabeling. */
export function labelsOfGroup(group: TargetGroup): Record<string, string>[] {
  return group.addresses.map((address) => ({ ...group.labels, __address__: address }));
}
