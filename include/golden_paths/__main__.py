"""The command line: python -m golden_paths COMMAND."""

from golden_paths.commands import main

if __name__ == "__main__":
    main()
