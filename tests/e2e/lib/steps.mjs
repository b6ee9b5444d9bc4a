// A journey in named steps: the first one that fails ends it, because the next ones would only fail after it.

export async function step(test, name, body) {
  let failure;
  await test.test(name, async () => {
    try {
      await body();
    } catch (error) {
      failure = error;
      throw error;
    }
  });
  if (failure) throw new Error(`the journey ended at: ${name}`);
}
