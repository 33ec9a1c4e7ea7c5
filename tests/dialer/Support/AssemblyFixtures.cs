using FlashCall.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(ServersFixture))]
