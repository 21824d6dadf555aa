// Does nothing: what is left is what the runtime needs.
int main(void) { return 0; }
