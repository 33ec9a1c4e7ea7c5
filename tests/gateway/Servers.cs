using FlashCall.Testing;

[assembly: AssemblyFixture(typeof(ServersFixture))]
