/* A function behind an import slot that does nothing. */
int gate_watched(int value);
int gate_watched(int value)
{
    return value + 1;
}
