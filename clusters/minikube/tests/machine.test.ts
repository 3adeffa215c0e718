import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.create();
});
afterAll(() => sandbox.remove());
beforeEach(() => sandbox.giveAll());

/** A docker that answers by what its arguments contain. */
const giveDocker = (answers: string) =>
  sandbox.give(
    'docker',
    `case "$*" in ${answers} *NCPU*) echo 4 ;; *MemTotal*) echo 17179869184 ;; version*) echo '28.2.2 Engine containerd runc ' ;; inspect*) exit 1 ;; esac`,
  );
/** Runs it on a system with that program to install others; macOS has none of them. */
const on = async (program: string, line: string) => {
  if (program === 'macos') await sandbox.give('uname', 'case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac');
  else {
    await sandbox.shell('rm -f "$(command -v apt-get)"');
    if (program !== '') await sandbox.give(program, 'exit 1');
  }
  const result = await sandbox.shell(line);
  await sandbox.shell(`rm -f "$(command -v ${program})" "$(command -v uname)"`);
  await sandbox.give('uname');
  await sandbox.give('apt-get', 'exit 1');
  return result.output;
};

describe('what is missing', () => {
  it.each(['git', 'openssl', 'docker'])('is said at once, with how to get it: %s', async (name) => {
    await sandbox.shell(`rm "$(command -v ${name})"`);
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain(`${name} is missing.\n  Get it with: sudo apt-get install ${name}`);
    expect(output).toContain('Then run ./bootstrap.sh again.');
    expect(status).toBe(1);
  });

  it.each([
    [
      'macos',
      ['xcode-select --install', 'brew install openssl', 'brew install curl', 'brew install nss', 'Docker Desktop'],
    ],
    [
      'apt-get',
      [
        'sudo apt-get install git',
        'sudo apt-get install openssl',
        'sudo apt-get install curl',
        'sudo apt-get install libnss3-tools',
        'sudo apt-get install docker.io && sudo usermod -aG docker $USER, then log in again',
      ],
    ],
    [
      'dnf',
      [
        'sudo dnf install git',
        'sudo dnf install openssl',
        'sudo dnf install curl',
        'sudo dnf install nss-tools',
        'sudo dnf install moby-engine && sudo systemctl enable --now docker && sudo usermod -aG docker $USER, then log in again',
      ],
    ],
    [
      'zypper',
      [
        'sudo zypper install git',
        'sudo zypper install openssl',
        'sudo zypper install curl',
        'sudo zypper install mozilla-nss-tools',
        'sudo zypper install docker && sudo systemctl enable --now docker && sudo usermod -aG docker $USER, then log in again',
      ],
    ],
    [
      'pacman',
      [
        'sudo pacman -S git',
        'sudo pacman -S openssl',
        'sudo pacman -S curl',
        'sudo pacman -S nss',
        'sudo pacman -S docker && sudo systemctl enable --now docker && sudo usermod -aG docker $USER, then log in again',
      ],
    ],
    [
      'apk',
      [
        'sudo apk add git',
        'sudo apk add openssl',
        'sudo apk add curl',
        'sudo apk add nss-tools',
        'sudo apk add docker && sudo rc-update add docker && sudo rc-service docker start && sudo addgroup $USER docker, then log in again',
      ],
    ],
    [
      '',
      [
        'install git as your system',
        'install openssl as your system',
        'install curl as your system',
        'install certutil as your system',
        'https://docs.docker.com/engine/install/',
      ],
    ],
  ])('is to be had with %s by', async (program, expected) => {
    const output = await on(program, 'for name in git openssl curl certutil docker; do how_to_get "$name"; done');
    const got = output.trim().split('\n');
    expect(got).toHaveLength(5);
    expected.forEach((advice, n) => expect(got[n]).toContain(advice));
  });

  it('on Debian is not to be had by a game', async () => {
    await sandbox.give('pacman', 'exit 1');
    expect((await sandbox.shell('system; rm "$(command -v pacman)"')).output).toBe('debian\n');
  });
});

describe('docker', () => {
  it.each([
    [
      'Cannot connect to the Docker daemon',
      'docker does not run.',
      'Start it: sudo systemctl start docker (without systemd: sudo service docker start)',
    ],
    ['permission denied while trying to connect', 'You may not use docker.', 'usermod -aG docker'],
    [
      "The command 'docker' could not be found in this WSL 2 distro.",
      'Docker Desktop does not let this Linux use its docker.',
      'WSL integration',
    ],
  ])('is explained: %s', async (message, what, advice) => {
    await sandbox.give('docker', `echo "${message}" >&2; exit 1`);
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain(`✗ ${what}`);
    expect(output).toContain(advice);
    expect(status).toBe(1);
  });

  it('is quoted where it does not run', async () => {
    await sandbox.give('docker', 'echo "Error: it is full" >&2; exit 1');
    expect((await sandbox.shell('check_docker')).output).toContain('It says: Error: it is full');
  });

  it.each([
    ['macos', 'open -a Docker'],
    ['apk', 'sudo rc-service docker start'],
    ['dnf', 'sudo systemctl start docker'],
  ])('is started with %s by %s', async (program, advice) => {
    expect(await on(program, 'docker_start')).toContain(advice);
  });

  it.each([
    ['the command', `--version*) echo 'podman version 5.4.0' ;;`],
    ['the service behind it', `version*) echo '5.4.0 Podman Engine Conmon OCI Runtime (crun) ' ;;`],
  ])('that is podman is refused: %s', async (_, answers) => {
    await giveDocker(answers);
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain('✗ This docker is podman, and this cluster needs docker itself');
    expect(output).toContain('sudo apt-get install docker.io');
    expect(status).toBe(1);
  });

  it('as it should be needs no word', async () => {
    await giveDocker("*SecurityOptions*) echo '[name=seccomp,profile=builtin name=cgroupns]' ;;");
    expect(await sandbox.shell('check_docker')).toEqual({ status: 0, output: '' });
  });

  it('that maps users is warned of', async () => {
    await giveDocker("*SecurityOptions*) echo '[name=seccomp name=userns]' ;;");
    const { status, output } = await sandbox.shell('check_docker');
    expect(output).toMatch(/^! docker maps users \(userns-remap\), which minikube does not support/);
    expect(status).toBe(0);
  });
});

describe('rootless docker', () => {
  const rootless = (able: string, kernel = '6.1.0-18-amd64') =>
    giveDocker(
      `*SecurityOptions*) echo '[name=seccomp,profile=builtin name=rootless name=cgroupns]' ;; *CgroupVersion*) echo '${able}' ;; *KernelVersion*) echo '${kernel}' ;;`,
    );

  it('is good with cgroup v2 and what it must have delegated', async () => {
    await rootless('2 true true true true');
    expect(await sandbox.shell('check_docker')).toEqual({ status: 0, output: '' });
  });

  it.each(['1 true true true true', '2 true false true true', '2 false false true true', '2 true true true false', ''])(
    'is refused with less: %j',
    async (able) => {
      await rootless(able);
      const { status, output } = await sandbox.shell('check_docker');
      expect(output).toContain('docker is rootless, and may not bound CPUs, memory and processes');
      expect(output).toContain('https://rootlesscontaine.rs/getting-started/common/cgroup2/');
      expect(output).toContain(`It says: ${able || 'nothing'} (cgroup version; cpu, cpuset, memory, pids)`);
      expect(status).toBe(1);
    },
  );

  it('is refused on a Linux that is too old', async () => {
    await rootless('2 true true true true', '5.10.0-28-amd64');
    const { status, output } = await sandbox.shell('check_docker');
    expect(output).toContain('needs Linux 5.11 for the cluster. This one is 5.10.0-28-amd64.');
    expect(status).toBe(1);
  });
});

describe('the size of the cluster', () => {
  it.each([
    [{ cpus: 4, memory: 3000 }, 'docker has 3000 MiB of memory, and three environments with Kafka need at least 4700.'],
    [{ cpus: 4, memory: 4699 }, 'at least 4700.'],
    [{ cpus: 1, memory: 16_000 }, 'docker has 1 CPU, and Kubernetes needs 2.'],
  ])('is refused below the least: %j', async (size, message) => {
    await sandbox.giveAll(size);
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain(message);
    expect(output).toContain('Use a machine with 4 CPUs and 8 GiB.');
    expect(status).toBe(1);
  });

  it.each([
    [{ cpus: 16, memory: 32_000 }, /^4 6144\n$/],
    [{ cpus: 4, memory: 6656 }, /^4 6144\n$/],
    [{ cpus: 3, memory: 6656 }, /^3 6144\n! docker has 3 CPUs/],
    [{ cpus: 2, memory: 16_000 }, /^2 6144\n! docker has 2 CPUs: it works, and starts faster with 4\.\n$/],
    [
      { cpus: 4, memory: 6655 },
      /^4 6143\n! docker has 6655 MiB of memory: tight, 6656 are better\. If pods are killed, remove an environment/,
    ],
    [{ cpus: 4, memory: 4700 }, /^4 4188\n! docker has 4700 MiB of memory: tight/],
  ])('is what there is, and where it is tight, that is said: %j', async (size, expected) => {
    await sandbox.giveAll(size);
    expect((await sandbox.shell('size_cluster; echo "$CPUS $MEMORY"')).output).toMatch(expected);
  });

  it.each(['*NCPU*) exit 1 ;;', '*MemTotal*) exit 1 ;;', '*NCPU*) echo ;;', '*MemTotal*) echo ;;'])(
    'is not guessed where docker does not tell: %s',
    async (answers) => {
      await giveDocker(answers);
      const { status, output } = await sandbox.shell('size_cluster; echo "$CPUS $MEMORY"');
      expect(output).toContain('✗ docker does not say how many CPUs and how much memory it has.');
      expect(status).toBe(1);
    },
  );

  it('of macOS is set in its docker', async () => {
    await sandbox.giveAll({ cpus: 1 });
    expect(await on('macos', 'size_cluster')).toContain('Docker Desktop: Settings > Resources.');
  });
});

describe("docker's disk", () => {
  const disk = async (mib: number, { made = false, name = '"$(uname -n)"', folder = '~/docker' } = {}) => {
    await mkdir(join(sandbox.folder, '../docker'), { recursive: true });
    await giveDocker(
      `*DockerRootDir*) echo ${folder} ;; *.Name*) echo ${name} ;; 'inspect --type container hello'*) ${made ? '' : 'exit 1'} ;;`,
    );
    // As POSIX has it: the name of a disk may be long, the numbers are on one line.
    await sandbox.give(
      'df',
      `[ "$*" = "-Pk $HOME/docker" ] || { echo "df: $2: No such file or directory" >&2; exit 1; }
      echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
      echo '/dev/mapper/vg-root 999999999 1 ${mib * 1024 + 1000} 1% /'`,
    );
    return sandbox.shell('check_disk; echo passed');
  };

  it.each([
    [10_000, { status: 0, output: 'passed\n' }],
    [
      9999,
      {
        status: 0,
        output: "passed\n! docker's disk has 9999 MiB left: tight, 10000 are better. See: docker system df\n",
      },
    ],
    [6000, { status: 0, output: expect.stringContaining('tight') as string }],
    [
      5999,
      {
        status: 1,
        output: expect.stringContaining(
          "docker's disk has 5999 MiB left, and the cluster and its images take at least 6000.",
        ) as string,
      },
    ],
  ])('must have room before the cluster is made: %i MiB', async (mib, expected) => {
    expect(await disk(mib)).toEqual(expected);
  });

  it.each([
    [1000, 'passed\n'],
    [999, "passed\n! docker's disk has only 999 MiB left: what is written next may fail. See: docker system df\n"],
  ])('need have little room once it is made: %i MiB', async (mib, output) => {
    expect(await disk(mib, { made: true })).toEqual({ status: 0, output });
  });

  it.each([
    ["another machine's", { name: 'docker-desktop' }],
    ['nowhere to be seen', { folder: '/nowhere' }],
  ])('is not looked at where it is %s', async (_, options) => {
    expect(await disk(1, options)).toEqual({ status: 0, output: 'passed\n' });
  });

  it('is looked at by up, before anything is made', async () => {
    await disk(100);
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain("docker's disk has 100 MiB left");
    expect(output).toContain('docker system prune');
    expect(status).toBe(1);
  });
});
