/** What a shell script of this project must not have: the pattern, and examples that show that it bites. */
export interface Rule {
  name: string;
  pattern: RegExp;
  examples: string[];
  /** What looks alike and is allowed. */
  fine?: string[];
}

/** Where a command begins. */
const BEGIN = String.raw`(?:^|[|;&(!]|\b(?:then|do|else|if|while|until|exec|xargs|command -v)\s|\benv\s(?:\S+=\S*\s+)*)\s*`;
/** What may stand between a program and an option that counts, without the program's end. */
const BETWEEN = String.raw`(?=\s)(?:[^|;&()"'\n]|"[^"\n]*"|'[^'\n]*')*?\s`;

const command = (commands: string) => new RegExp(`${BEGIN}(?:${commands})(?![-\\w=.])`, 'm');
/** One of these options of one of these programs, wherever it stands. */
const option = (programs: string, options: string) =>
  new RegExp(`${BEGIN}(?:${programs})${BETWEEN}(?:${options})`, 'm');

/** What bash has had since 4.0 only. macOS' own is 3.2. */
export const bashisms: Rule[] = [
  {
    name: 'commands of newer shells',
    pattern: command('mapfile|readarray|coproc'),
    examples: ['mapfile -t a <x', 'x | readarray a', 'coproc x'],
    fine: ["echo 'mapfile'"],
  },
  {
    name: 'associative lists, references, globals',
    pattern: /\b(?:declare|local|typeset)\s+-\w*[Agnlu]/,
    examples: ['declare -A a', 'local -n a=b', 'declare -gr x=1', 'typeset -u x'],
    fine: ['local -r x=1', 'declare -a list'],
  },
  {
    name: 'upper and lower case',
    pattern: /\$\{\w+(?:\[[^\]]*\])?[\^,]/,
    examples: ['${x,,}', '${x^}', '${a[0]^^}'],
    fine: ['${x#*,}'],
  },
  {
    name: 'transformations',
    pattern: /\$\{[\w@*]+(?:\[[^\]]*\])?@[A-Za-z]\}/,
    examples: ['${x@Q}', '${@@Q}', '${a[@]@A}'],
    fine: ['${a[@]}'],
  },
  {
    name: 'both streams in one sign, appended or piped',
    pattern: /&>>|\|&/,
    examples: ['x &>>log', 'x |& y'],
    fine: ['x >>log 2>&1', 'x || y'],
  },
  {
    name: 'wait with options',
    pattern: command('wait\\s+-\\w+'),
    examples: ['wait -n', 'wait -p x'],
    fine: ['wait $!'],
  },
  { name: 'a case that falls through', pattern: /;;?&/, examples: ['a) x ;&', 'a) x ;;&'], fine: ['x; y &'] },
  {
    name: 'a case in a substitution',
    pattern: /\$\((?!\()[^()]*\bcase\s/,
    examples: ['x=$(case $y in a) b ;; esac)', 'x=$(\n  case $y in\n'],
    fine: ['x=$(y)\ncase $x in'],
  },
  {
    name: 'counting from the end',
    pattern: /\$\{\w+\[-\d|\$\{[\w@*]+(?:\[[^\]]*\])?:(?![-=?+])[^:}]*:\s*-|\w\[-\d+\]=/,
    examples: ['${a[-1]}', '${x:0:-1}', '${@:1:-1}', 'a[-1]=x'],
    fine: ['${x:-1}', '${x: -1}', '${@:2}', '${x:-${y:-}}'],
  },
  {
    name: 'variables of newer shells',
    pattern: /\$\{?(?:BASHPID|EPOCHSECONDS|EPOCHREALTIME|SRANDOM|BASH_ARGV0)\b/,
    examples: ['$BASHPID', '${EPOCHSECONDS}'],
    fine: ['$SECONDS'],
  },
  {
    name: 'whether a variable is set',
    pattern: /(?:\[\[?|\btest)\s+(?:!\s+)?-[vR]\s/,
    examples: ['[ -v x ]', '[[ ! -v x ]]', 'test -v x'],
    fine: ['[ -n "$x" ]'],
  },
  {
    name: 'read with a default, an exact number, or parts of a second',
    pattern: /\bread\s(?:[^|;&\n]*\s)?-\w*(?:[iN]|t\s*\d*\.\d)/,
    examples: ['read -N 1 x', 'read -r -t 0.5 x', 'read -ei y x'],
    fine: ['read -r -t 5 x', 'read -n 1 x'],
  },
  { name: 'the time by printf', pattern: /printf\s[^|;&\n]*%\([^)]*\)T/, examples: ["printf '%(%s)T' -1"] },
  { name: 'descriptors by name', pattern: /(?<![$\w])\{\w+\}[<>]/, examples: ['exec {fd}>x'], fine: ['echo ${x}>y'] },
  {
    name: 'options of newer shells',
    pattern: /\bshopt\s.*\b(?:globstar|lastpipe|inherit_errexit|autocd|dirspell|localvar_inherit)\b/,
    examples: ['shopt -s globstar', 'shopt -s nullglob lastpipe'],
    fine: ['shopt -s nullglob'],
  },
  {
    name: 'steps and zeros in braces',
    pattern: /\{(?:0\d+\.\.\w+|\w+\.\.\w+\.\.\w+)\}/,
    examples: ['{01..10}', '{1..10..2}'],
    fine: ['{1..10}'],
  },
  {
    name: 'a process as the file that is read in',
    pattern: new RegExp(`${BEGIN}(?:\\.|source)\\s+<\\(`, 'm'),
    examples: ['. <(x)', 'source <(x)'],
    fine: ['. lib/x.sh', 'diff a <(x)'],
  },
  {
    name: 'unicode by its number',
    pattern: /\$'[^'\n]*\\[uU]|(?:printf|echo -e)\s[^|;&\n]*\\[uU][0-9a-fA-F]/,
    examples: [String.raw`$'\u2713'`, String.raw`printf '\u2713'`],
    fine: [String.raw`$'\033[1m'`],
  },
  { name: 'a substitution without a process', pattern: /\$\{[\s|]/, examples: ['${ x; }', '${| x; }'] },
];

/** What GNU's programs have, and macOS' lack or do otherwise. */
export const gnuisms: Rule[] = [
  {
    name: 'sed in place, and -r, -s, -z',
    pattern: option('sed', '-[a-zA-Z]*[irsz]\\b'),
    examples: ['sed -i s/a/b/ x', "sed -e 's/a/b/' -i x", 'sed -nr x', "x | sed -r 's/a/b/'"],
    fine: ["sed -n 's/ -i //p'", 'sed -E -e x', 'sed x; ls -i'],
  },
  {
    name: "GNU's signs in basic patterns",
    pattern: new RegExp(`${BEGIN}(?:sed|grep)\\s(?![^|;&]*-\\w*E)[^;&\\n]*(?<!\\\\)\\\\[+?|sSwW<>bB]`, 'm'),
    examples: [
      String.raw`sed 's/a\+/b/'`,
      String.raw`x | grep 'a\|b'`,
      String.raw`grep '\bx'`,
      String.raw`sed 's/\s*//'`,
    ],
    fine: [String.raw`sed 's/\./x/'`, "sed -E 's/a+/b/'", String.raw`sed -E 's/\+/b/'`],
  },
  {
    name: 'grep -P',
    pattern: option('grep', '-[a-zA-Z]*P\\b'),
    examples: ['grep -P x', 'x | grep -oP x'],
    fine: ["grep ' -P '"],
  },
  {
    name: 'the real path',
    pattern: command('realpath|readlink\\s+-\\w+'),
    examples: ['x=$(readlink -f x)', 'realpath x'],
    fine: ['readlink x', 'pwd -P'],
  },
  {
    name: 'a date that computes',
    pattern: option('date', '-[a-zA-Z]*[dIr]|\\+\\S*%[NP]'),
    examples: ['date -d tomorrow', 'date +%s%N', 'date -u -Is', 'date -ud x'],
    fine: ['date -u +%Y'],
  },
  {
    name: 'base64 -w and -d',
    pattern: option('base64', '-[a-zA-Z]*[wdi]\\b'),
    examples: ['base64 -w 0', 'x | base64 -d'],
    fine: ['base64 --decode', 'base64 <x'],
  },
  {
    name: 'stat -c',
    pattern: option('stat', '-[a-zA-Z]*[cL]\\b'),
    examples: ['stat -c %s x'],
    fine: ['git diff --stat -c'],
  },
  {
    name: 'programs of GNU and Linux',
    pattern: command(
      'timeout|setsid|tac|nproc|shuf|numfmt|flock|stdbuf|md5sum|sha1sum|sha256sum|gawk|ionice|free|ip\\s+(?:a|addr|route)|hostname\\s+-I|pidof|fuser|systemd-run|truncate',
    ),
    examples: [
      'timeout 5 x',
      'x | sha256sum',
      'if setsid x',
      'x=$(hostname -I)',
      'env A=b timeout 5 x',
      'x && free -m',
    ],
    fine: ['x --timeout 5', 'timeout=5', 'echo "$timeout"', "say 'ports are free'"],
  },
  {
    name: 'xargs -r and -d',
    pattern: /\bxargs\s+(?:-\S+\s+(?:\d+\s+)?)*-[a-zA-Z]*[rd]\b/,
    examples: ['xargs -r rm', 'x | xargs -n 1 -r rm', 'xargs -d x'],
    fine: ['xargs rm -r'],
  },
  {
    name: 'sort by version or size',
    pattern: option('sort', '-[a-zA-Z]*[VhR]\\b'),
    examples: ['sort -V', 'x | sort -u -V'],
    fine: ['sort -u', 'sort -rn'],
  },
  {
    name: 'all but the last',
    pattern: option('head', '-[nc]\\s*-|-c\\s*\\d+[kKMG]'),
    examples: ['head -n -1', 'x | head -c 1K'],
    fine: ['head -n 1'],
  },
  {
    name: 'the folder named first',
    pattern: option('cp|mv|ln|install', '-[a-zA-Z]*[tTD]\\b'),
    examples: ['cp -t x y', 'x && mv -T x y'],
    fine: ['cp -r x y'],
  },
  {
    name: 'mktemp in a folder',
    pattern: option('mktemp', '-[a-zA-Z]*[pt]\\b'),
    examples: ['mktemp -p x', 'x=$(mktemp -dp x)'],
    fine: ['mktemp -d "$x.XXXXXX"'],
  },
  {
    name: 'sizes in bytes',
    pattern: option('du|df', '-[a-zA-Z]*[bB](?:\\b|\\d)'),
    examples: ['du -sb x', 'df -B1 x'],
    fine: ['df -Pk x', 'du -sk x'],
  },
  {
    name: 'find of GNU',
    pattern: option('find', '-(?:printf|regextype|readable|executable|writable)'),
    examples: ["find . -printf '%p'"],
    fine: ['find . -name x'],
  },
  { name: 'touch -d', pattern: option('touch', '-[a-zA-Z]*d\\b'), examples: ['touch -d x y'], fine: ['touch x-d'] },
  {
    name: 'awk of GNU',
    pattern: /\b(?:gensub|strftime|systime|mktime|asorti?)\s*\(|\bPROCINFO\[/,
    examples: ["awk '{ print strftime(x) }'"],
    fine: ["awk '{ print toupper(x) }'"],
  },
  {
    name: 'echo with options',
    pattern: command('echo\\s+-[neE]+'),
    examples: ['echo -n x', 'x; echo -e y'],
    fine: ["echo '-n'"],
  },
  {
    name: 'long options',
    pattern: option(
      'awk|base64|basename|cat|chmod|cp|cut|date|df|dirname|du|head|id|ln|ls|mkdir|mktemp|mv|ps|rm|sed|sleep|sort|stat|tail|tee|touch|tr|uname|uniq|wc|xargs',
      '--(?!decode\\b)[a-z]',
    ),
    examples: ['ls --color', 'x | sort --unique', "cut -f 1 --output-delimiter=' '", 'x && mkdir --parents x'],
    fine: ['base64 --decode', 'cat x | kubectl --context y', 'git ls-tree --name-only', "say 'git rm --cached'"],
  },
];

/** The text without comments, so that a script may speak of what it does not do. */
export const code = (text: string) =>
  text
    .split('\n')
    .map((line) => line.replace(/^\s*#.*|\s#\s.*$/, ''))
    .join('\n');

/**
 * Lists that may be empty and are expanded as they are: with `set -u`, bash 3.2 takes such a one for a variable that is
 * not set.
 */
export const bareLists = (text: string) =>
  [...text.matchAll(/(?<!\+)"\$\{(\w+)\[@\]\}"/g)]
    .map(([, name]) => name!)
    .filter((name) => new RegExp(`\\b${name}=\\(\\)`).test(text));
