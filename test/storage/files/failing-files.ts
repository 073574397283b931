/**
 * The host's files, with a say in every call: a test notes it, or has it fail.
 */
import type { Files, OpenFile } from '@mon/storage/files/files';
import { nodeFiles } from '@mon/storage/files/node-files';

export type FileCall = 'open' | 'write' | 'truncate' | 'sync' | 'remove' | 'sync folder';

/** Called before each call; what it throws is thrown by the call. */
export type OnFileCall = (call: FileCall, path: string) => void;

/** The system's error of a broken disk. */
export function ioError(): Error {
  return Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: 'write' });
}

export function failingFiles(onCall: OnFileCall): Files {
  return {
    ...nodeFiles,
    open(path, mode) {
      onCall('open', path);
      return failingFile(nodeFiles.open(path, mode), path, onCall);
    },
    remove(path) {
      onCall('remove', path);
      nodeFiles.remove(path);
    },
    syncDirectory(dir) {
      onCall('sync folder', dir);
      nodeFiles.syncDirectory(dir);
    },
  };
}

function failingFile(file: OpenFile, path: string, onCall: OnFileCall): OpenFile {
  return {
    get bytes() {
      return file.bytes;
    },
    read: (into, position) => file.read(into, position),
    write(bytes, position) {
      onCall('write', path);
      return file.write(bytes, position);
    },
    writeEach(buffers, position) {
      onCall('write', path);
      return file.writeEach(buffers, position);
    },
    truncate(bytes) {
      onCall('truncate', path);
      file.truncate(bytes);
    },
    sync() {
      onCall('sync', path);
      file.sync();
    },
    syncContent() {
      onCall('sync', path);
      file.syncContent();
    },
    close: () => file.close(),
  };
}
