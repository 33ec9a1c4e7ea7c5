using FlashCall.Testing;

[assembly: Xunit.AssemblyFixture(typeof(ServersFixture))]
[assembly: Xunit.AssemblyFixture(typeof(FlashCall.Api.Tests.WholePlatform))]
