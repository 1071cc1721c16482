"""Objects in space as other programs take them: points, meshes, tables and arrays in files of their own. Made of what
parts tell of their arrays, so of any application that has some, window by window, with the standard library alone."""
