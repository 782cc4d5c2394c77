global using Shouldly;
global using Xunit;

// Two cores: one program under test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
