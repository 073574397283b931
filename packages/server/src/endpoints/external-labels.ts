/**
 * `global.external_labels`: what every series of this server carries for others.
 */
import { type Labels, labelValue, withLabel } from '@mon/storage/model/labels';

/** The labels with the external ones beside them, where a series has none of that name. */
export function withExternalLabels(
  labels: Labels,
  external: Readonly<Record<string, string>>,
): Labels {
  let all = labels;
  for (const [name, value] of Object.entries(external)) {
    if (labelValue(labels, name) === '') all = withLabel(all, name, value);
  }
  return all;
}
