// Named checks, counted.

let passed = 0;
let failed = 0;

export async function shows(what, work) {
  try {
    await work();
    passed += 1;
    console.log(`ok   ${what}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${what}: ${error.stack}`);
    process.exitCode = 1;
  }
}

/// Runs `works` so many at a time.
export async function atATime(most, works) {
  const waiting = [...works];
  const go = async () => {
    while (waiting.length) await waiting.shift()();
  };
  await Promise.all(Array.from({ length: most }, go));
}

export async function collect(stream) {
  const all = [];
  for await (const event of stream) all.push(event);
  return all;
}

export const counts = () => ({ passed, failed });
