// Loaded before the TypeScript that a Node before 26 cannot run, and so written for every Node there is.
var required = 26;

function refuse(problem) {
  console.error(problem);
  process.exit(1);
}

if (parseInt(process.versions.node, 10) < required) {
  refuse(
    'Node ' +
      process.versions.node +
      ' is too old, ' +
      required +
      ' or newer is needed. Run "npm ci", which brings it, and then "npm start".',
  );
}
try {
  // Stands for all packages. Whether there is a node_modules says nothing: Node keeps its cache there.
  require.resolve('koa');
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') throw error;
  refuse('The packages are not installed. Run "npm ci", which installs them, and then "npm start".');
}
