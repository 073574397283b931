/**
 * Finds the route of a request: literal paths by look-up, the few with parameters one by one.
 */
import { assert } from '@mon/storage/model/assert';
import { MonError } from '@mon/storage/model/error';
import { nearestWord } from '@mon/storage/model/nearest-word';
import type { Method } from './request.ts';
import type { Route } from './route.ts';

export interface RouteMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export type Router = (method: string, path: string) => RouteMatch;

const NO_PARAMS = {};

/** @returns a function that throws MonError `unknown-path` or `method-not-allowed` */
export function createRouter(routes: readonly Route[]): Router {
  const literal = new Map<string, Map<Method, Route>>();
  const patterns = new Map<string, Map<Method, Route>>();
  for (const route of routes) {
    const table = route.path.includes(':') ? patterns : literal;
    const methods = table.get(route.path) ?? new Map<Method, Route>();
    assert(!methods.has(route.method), `${route.method} ${route.path} is routed twice`);
    table.set(route.path, methods.set(route.method, route));
  }
  const compiled = [...patterns].map(([path, methods]) => ({ segments: path.split('/'), methods }));
  const known = [...literal.keys(), ...patterns.keys()];

  return (method, path) => {
    const exact = literal.get(path);
    if (exact !== undefined) return { route: pick(exact, { method, path }), params: NO_PARAMS };
    const parts = path.split('/');
    for (const { segments, methods } of compiled) {
      const params = matchSegments(segments, parts);
      if (params !== undefined) return { route: pick(methods, { method, path }), params };
    }
    throw unknownPath(path, known);
  };
}

function matchSegments(
  segments: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  if (segments.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, segment] of segments.entries()) {
    const part = parts[i] as string;
    if (segment.startsWith(':')) {
      if (part === '') return undefined;
      params[segment.slice(1)] = decodeSegment(part);
    } else if (segment !== part) return undefined;
  }
  return params;
}

/** A segment that is no valid percent-encoding is taken as it stands. */
function decodeSegment(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (thrown) {
    if (thrown instanceof URIError) return part;
    throw thrown;
  }
}

function pick(
  methods: ReadonlyMap<Method, Route>,
  { method, path }: { method: string; path: string },
): Route {
  // HEAD asks for a GET without its body.
  const route = methods.get((method === 'HEAD' ? 'GET' : method) as Method);
  if (route !== undefined) return route;
  throw new MonError({
    code: 'method-not-allowed',
    what: `Cannot ${method} ${path}`,
    why: `it takes ${allowedMethods(methods)}`,
    mend: `Send the request with ${allowedMethods(methods)}.`,
  });
}

function allowedMethods(methods: ReadonlyMap<Method, Route>): string {
  return [...methods.keys()].join(' or ');
}

function unknownPath(path: string, known: readonly string[]): MonError {
  const near = nearestWord(path.slice(0, 64), known);
  return new MonError({
    code: 'unknown-path',
    what: `Cannot serve ${path.slice(0, 200)}`,
    why: 'nothing is served under this path',
    mend:
      near === undefined
        ? "Queries are under /api/v1/, the server's own metrics under /metrics."
        : `Did you mean ${near}?`,
  });
}
