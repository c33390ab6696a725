"""The compiled passes. Importing a module of this folder loads the compiler: questions do it when asked, nothing does at start."""
