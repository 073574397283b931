import {
  type FilesystemRoom,
  filesystemCollector,
  STATFS_DEADLINE_MS,
} from '@mon/agent/collect/filesystem';
import { ManualClock } from '@mon/storage/model/manual-clock';
import t from 'tap';
import { collected } from '../collected.ts';
import { hostTree } from '../host-tree.ts';

const ROOM: FilesystemRoom = {
  bsize: 4096,
  blocks: 100,
  bfree: 50,
  bavail: 40,
  files: 9,
  ffree: 8,
};

const HOST = `22 27 0:21 / /proc rw - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 8:17 / /srv/my\\040disk ro,relatime shared:1 - xfs /dev/sdb1 rw
41 27 0:50 / /mnt/nfs rw - nfs server:/x rw
42 27 0:51 / /mnt/nfs2 rw - nfs server:/y rw
43 27 0:52 / /mnt/nfs3 rw - nfs server:/z rw
`;

t.test('filesystemCollector() writes room of each mount that is not of the kernel', async (t) => {
  const { files, root } = hostTree(t, { '/proc/1/mountinfo': HOST });
  const asked: string[] = [];
  const collector = filesystemCollector(files, new ManualClock(), async (path) => {
    asked.push(path);
    if (path.endsWith('nfs2')) throw Object.assign(new Error('stale'), { code: 'ESTALE' });
    return ROOM;
  });
  const samples = await collected(collector);
  t.equal(asked.length, 5);
  t.equal(asked[1], `${root}/srv/my disk`);
  const disk = '{device="/dev/sdb1", fstype="xfs", mountpoint="/srv/my disk"}';
  t.equal(samples.get(`node_filesystem_size_bytes${disk}`), 409_600);
  t.equal(samples.get(`node_filesystem_free_bytes${disk}`), 204_800);
  t.equal(samples.get(`node_filesystem_avail_bytes${disk}`), 163_840);
  t.equal(samples.get(`node_filesystem_files${disk}`), 9);
  t.equal(samples.get(`node_filesystem_files_free${disk}`), 8);
  t.equal(samples.get(`node_filesystem_readonly${disk}`), 1);
  t.equal(samples.get(`node_filesystem_device_error${disk}`), 0);
  const broken =
    '{device="server:/y", device_error="ESTALE", fstype="nfs", mountpoint="/mnt/nfs2"}';
  t.equal(samples.get(`node_filesystem_device_error${broken}`), 1);
  t.equal(samples.get(`node_filesystem_size_bytes${broken}`), undefined);
  t.notOk([...samples.keys()].some((series) => series.includes('/proc')));
});

t.test('filesystemCollector() outlives mounts that hang, and asks few of them', async (t) => {
  const { files } = hostTree(t, { '/proc/1/mountinfo': HOST });
  const clock = new ManualClock();
  const hanging = new Map<string, (room: FilesystemRoom) => void>();
  const collector = filesystemCollector(files, clock, (path) => {
    const mountpoint = /\/mnt\/\w+$/.exec(path)?.[0];
    if (mountpoint === undefined) return Promise.resolve(ROOM);
    return new Promise((resolve) => {
      hanging.set(mountpoint, resolve);
    });
  });
  const errors = async () => {
    const round = collected(collector);
    await clock.advance(3 * STATFS_DEADLINE_MS);
    return [...(await round)]
      .filter(([series, value]) => series.startsWith('node_filesystem_device_error') && value === 1)
      .map(([series]) => /device_error="([^"]*)".*mountpoint="([^"]*)"/.exec(series)?.slice(1, 3));
  };
  const expected = [
    ['mountpoint timeout', '/mnt/nfs'],
    ['mountpoint timeout', '/mnt/nfs2'],
    ['too many mountpoint timeouts', '/mnt/nfs3'],
  ];
  t.strictSame(await errors(), expected);
  t.strictSame(await errors(), expected);
  t.strictSame([...hanging.keys()], ['/mnt/nfs', '/mnt/nfs2'], 'the third was never asked');
  hanging.get('/mnt/nfs')?.(ROOM);
  hanging.clear();
  await new Promise((resolve) => setImmediate(resolve));
  const later = collected(collector);
  await clock.advance(3 * STATFS_DEADLINE_MS);
  await later;
  t.ok(hanging.has('/mnt/nfs'), 'asked again once its call came back');
});

t.test('filesystemCollector() sees through the name space of a hardened unit', async (t) => {
  const { files } = hostTree(t, {
    '/proc/self/mountinfo': `27 1 254:0 / / ro,relatime - ext4 /dev/vda rw
30 27 254:0 /var/lib/mon-agent /var/lib/mon-agent rw,relatime - ext4 /dev/vda rw
31 27 8:1 / /home ro,relatime - ext4 /dev/sda1 rw
32 27 0:44 /@data /data ro,relatime - btrfs /dev/sdc rw
33 32 0:44 /@x /data/x ro,relatime - btrfs /dev/sdc ro
`,
  });
  const collector = filesystemCollector(files, new ManualClock(), async () => ROOM);
  const readonly = [...(await collected(collector))]
    .filter(([series]) => series.startsWith('node_filesystem_readonly'))
    .map(([series, value]) => [/mountpoint="([^"]*)"/.exec(series)?.[1], value]);
  t.strictSame(readonly, [
    ['/', 0],
    ['/home', 0],
    ['/data', 0],
    ['/data/x', 1],
  ]);
});
