/**
 * What an endpoint is: a method, a path and a handler from request to answer.
 *
 * Handlers throw MonErrors; the server turns them into answers (`error-answer.ts`). Anything else
 * thrown is a bug: logged with its stack and answered with 500.
 */
import type { HttpRequest, Method } from './request.ts';

export interface Route {
  readonly method: Method;
  /** `/api/v1/alerts/rules/:id`: a segment with a colon is a parameter. */
  readonly path: string;
  readonly handle: Handler;
}

export type Handler = (request: HttpRequest) => Promise<HttpAnswer> | HttpAnswer;

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: AnswerBody;
}

/**
 * An iterable is sent piece by piece, as fast as the client reads. Bytes that come one after the
 * other are sent as they are, never compressed.
 */
export type AnswerBody = string | Uint8Array | Iterable<string> | AsyncIterable<Uint8Array>;

export const JSON_TYPE = 'application/json';

/** `{"status":"success","data":...}` */
export function success(value: unknown): HttpAnswer {
  return json(200, { status: 'success', data: value });
}

export function json(status: number, value: unknown): HttpAnswer {
  return { status, headers: { 'content-type': JSON_TYPE }, body: JSON.stringify(value) };
}

export function plainText(status: number, text: string): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: text };
}

/** 204. */
export function noContent(headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status: 204, headers };
}
