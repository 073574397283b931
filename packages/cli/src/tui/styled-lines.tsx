/**
 * Lines of styled text as an ink element, a row each.
 */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import type { Line } from '../print/span.ts';

export interface StyledLinesProps {
  readonly lines: readonly Line[];
  readonly colors: boolean;
}

export function StyledLines({ lines, colors }: StyledLinesProps): ReactElement {
  return (
    <Box flexDirection="column">
      {lines.map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its place
        <Text key={row} wrap="truncate">
          {line.length === 0 ? ' ' : line.map((span, i) => styledSpan(span, i, colors))}
        </Text>
      ))}
    </Box>
  );
}

function styledSpan(span: Line[number], key: number, colors: boolean): ReactElement {
  const { text, color, bold = false, dim = false, inverse = false } = span;
  return (
    <Text
      key={key}
      bold={bold}
      inverse={inverse}
      dimColor={dim && colors}
      {...(color !== undefined && colors ? { color } : {})}
    >
      {text}
    </Text>
  );
}
