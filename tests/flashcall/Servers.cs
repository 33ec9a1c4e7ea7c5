using FlashCall.Testing;

[assembly: Xunit.AssemblyFixture(typeof(ServersFixture))]
